"""The sample that every engine draws alike: the N smallest keyed hashes of the customer id."""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.intp]


def hash_ids(ids: Iterable[str], seed: int) -> npt.NDArray[np.uint64]:
    """Hash ids with 64 bits of BLAKE2b under the seed as key.

    Parameters
    ----------
    ids : iterable of str
        Customer ids.
    seed : int
        Key of the hash, written in decimals: another seed draws another sample.

    References
    ----------
    Saarinen, Aumasson (2015), The BLAKE2 cryptographic hash, RFC 7693.

    Examples
    --------
    >>> hash_ids(["17850", "13047"], seed=42)
    array([6054576394886302572, 5826412917015785102], dtype=uint64)
    """
    key = str(seed).encode()
    digests = (
        hashlib.blake2b(customer.encode(), digest_size=8, key=key).digest() for customer in ids
    )
    return np.frombuffer(b"".join(digests), dtype="<u8")


def draw_sample(ids: Sequence[str], rows: int, seed: int) -> Positions:
    """Return the positions of the ``rows`` ids of smallest hash, in the order of the ids given.

    Ties between hash_ids go to the smaller id. Fewer ids than ``rows`` are all taken.

    Examples
    --------
    >>> draw_sample(["a", "b", "c", "d"], rows=2, seed=0)
    array([0, 3])
    """
    if len(ids) <= rows:
        return np.arange(len(ids))
    order = np.lexsort((np.asarray(ids, dtype=np.str_), hash_ids(ids, seed)))
    return np.sort(order[:rows])

"""Which products are bought together, segment by segment, counted in the engine."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.history import History

PAIRS = pa.schema(
    [
        ("segment", pa.int64()),
        ("first", pa.string()),
        ("second", pa.string()),
        ("orders", pa.int64()),
        ("support", pa.float64()),
        ("confidence", pa.float64()),
        ("lift", pa.float64()),
    ]
)
"""Orders with both products, their share of the segment's orders, of those with the first, lift."""


@dataclass(frozen=True)
class Affinity:
    """Pairs of products, and what they are called.

    Parameters
    ----------
    pairs : pa.Table
        Of :data:`PAIRS`, both directions of a pair; strongest lift first.
    names : dict of str to str
        Product to its most frequent description, or the product's id.
    """

    pairs: pa.Table
    names: dict[str, str]


def affinity(history: History, customers: pa.Table) -> Affinity:
    """Count which products the customers of each segment order together.

    Parameters
    ----------
    history : History
        The firm's past up to its last day.
    customers : pa.Table
        ``customer_id`` and ``segment``.

    References
    ----------
    Agrawal, Imielinski, Swami (1993), Mining association rules, doi:10.1145/170035.170072.
    """
    raise NotImplementedError


Segments = npt.NDArray[np.int64]

"""Who is held out: drawn at random within strata, and drawn the same again by whoever asks."""

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import hash_ids

QUANTILES = 4
CONTROL, TREATMENT = "control", "treatment"

ARMS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("arm", pa.string()),
        ("stratum", pa.string()),
        ("before", pa.float64()),
    ]
)

Segments = npt.NDArray[np.int64]


def assign(
    customers: pa.Table, before: Doubles, name: str, seed: int, control_share: float
) -> pa.Table:
    """Draw the control within strata of segment and revenue.

    A keyed hash of the customer's id orders each stratum at random; the control is then taken
    evenly along it, so its share is right in each stratum to within one customer.

    Parameters
    ----------
    customers : pa.Table
        ``customer_id`` and ``segment``.
    before : array of float
        Each customer's revenue before the experiment.
    name, seed : str, int
        The experiment's name and the seed: together the key of the hash.
    control_share : float
        Share held out, between 0 and 1.

    Returns
    -------
    pa.Table
        Of :data:`ARMS`, sorted by ``customer_id``.
    """
    order = np.argsort(np.asarray(customers["customer_id"].to_pylist(), dtype=np.str_))
    customers, before = customers.take(order), before[order]
    ids = customers["customer_id"].to_pylist()
    key = _key(name, seed)
    drawn, strata = hash_ids(ids, key), _strata(customers, before)
    start = np.random.default_rng(key).random()
    control = np.zeros(len(ids), dtype=np.bool_)
    control[np.lexsort((drawn, strata))] = _evenly(len(ids), control_share, start)
    arms = np.where(control, CONTROL, TREATMENT)
    return pa.table([ids, arms.tolist(), strata.tolist(), before], schema=ARMS)


def _key(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest())


def _evenly(customers: int, share: float, start: float) -> npt.NDArray[np.bool_]:
    """Mark a share of places, evenly spaced from a random start.

    Examples
    --------
    >>> _evenly(4, 0.5, 0.0)
    array([False,  True, False,  True])
    """
    steps = np.floor(np.arange(customers + 1) * share + start)
    marked: npt.NDArray[np.bool_] = np.diff(steps) > 0
    return marked


def _strata(customers: pa.Table, before: Doubles) -> npt.NDArray[np.str_]:
    """Name each customer's segment and quarter of it by revenue; equal revenue stands together."""
    segment = customers["segment"].fill_null(0).to_numpy()
    quarter = np.ones(len(segment), dtype=np.int64)
    for one in np.unique(segment):
        mine = segment == one
        breaks = np.quantile(before[mine], np.arange(1, QUANTILES) / QUANTILES)
        quarter[mine] = 1 + np.searchsorted(breaks, before[mine])
    named = [f"{one}/{part}" for one, part in zip(segment, quarter, strict=True)]
    return np.asarray(named, dtype=np.str_)

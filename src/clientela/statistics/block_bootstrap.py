"""Sums over customers drawn anew with replacement."""

from collections.abc import Sequence

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import hashes

BLOCKS = 5_000
AT_ONCE = 1_000_000  # counts in memory


def units(ids: Sequence[str], values: Doubles, seed: int) -> Doubles:
    """Give what is drawn: customers, or beyond :data:`BLOCKS` of them, equal blocks at random.

    Sums of blocks drawn at random are spread as sums of customers are, at a cost that does not
    grow with the firm.

    Parameters
    ----------
    ids : sequence of str
        Customers, sorted.
    values : array (customers, columns)
        What is summed up.
    """
    if len(ids) <= BLOCKS:
        return values
    order = np.argsort(hashes(ids, seed), kind="stable")
    sums = np.zeros((BLOCKS, values.shape[1]))
    np.add.at(sums, np.arange(len(ids)) % BLOCKS, values[order])
    return sums


def resampled(values: Doubles, resamples: int, rng: np.random.Generator) -> Doubles:
    """Sum up the columns over units drawn with replacement.

    Returns
    -------
    array (resamples, columns)
    """
    drawn, rows = [], len(values)
    at_once = max(1, AT_ONCE // rows)
    for first in range(0, resamples, at_once):
        here = min(at_once, resamples - first)
        picked = rng.integers(0, rows, size=(here, rows))
        picked += np.arange(here)[:, None] * rows
        counts = np.bincount(picked.ravel(), minlength=here * rows).reshape(here, rows)
        drawn.append(counts.astype(np.float64) @ values)
    return np.concatenate(drawn)

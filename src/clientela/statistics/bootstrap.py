"""Bootstrap of customers: weights, resampled sums and percentile intervals."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from clientela.statistics.arrays import Doubles

UnitIds = npt.NDArray[np.intp]
Weights = npt.NDArray[np.float32]

# Units resampled. Sums of equal blocks drawn at random spread as sums of customers do, at a cost
# that does not grow with the firm; the tests compare their intervals with the textbook's.
MOST_UNITS = 5_000
# Weights in memory at a time, 8 MB: by convention, no result depends on it.
CELLS = 2_000_000
# Level of every interval that is published, by convention.
LEVEL = 0.95


def assign_units(customers: int, seed: int) -> UnitIds:
    """Return the unit in which each customer is resampled.

    Up to :data:`MOST_UNITS` customers each is one; more are dealt into as many groups of equal
    size at random. A customer keeps the unit on all dates: rows of one customer are no independent
    evidence.

    Examples
    --------
    >>> assign_units(3, seed=1)
    array([0, 1, 2])
    """
    if customers <= MOST_UNITS:
        return np.arange(customers)
    return np.random.default_rng([seed, 3]).permutation(customers) % MOST_UNITS


def draw_weights(units: int, resamples: int, seed: int) -> Iterator[Weights]:
    """Yield how often each unit is drawn, in blocks of shape (resamples, units).

    References
    ----------
    Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1),
    doi:10.1214/aos/1176344552.
    """
    rng = np.random.default_rng([seed, units])
    block = max(1, CELLS // max(units, 1))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(0, units, (size, units), dtype=np.int32)
        drawn += np.arange(size, dtype=np.int32)[:, None] * units
        times = np.bincount(drawn.ravel(), minlength=size * units)
        yield times.reshape(size, units).astype(np.float32)


def resample_sums(values: Doubles, resamples: int, seed: int) -> Doubles:
    """Return the sums of columns over resampled units, shape (resamples, columns).

    All columns are weighted alike, so that differences between them are paired.

    Parameters
    ----------
    values : array of shape (units, columns)
        What each unit adds.
    resamples, seed : int
        Sums drawn, and the seed of the draws.
    """
    with _find_blas().limit(limits=1):
        blocks = draw_weights(len(values), resamples, seed)
        return np.concatenate([weights.astype(np.float64) @ values for weights in blocks])


@cache
def _find_blas() -> Any:
    """Find the libraries behind NumPy's products; to look for them takes longer than many sums."""
    return ThreadpoolController().select(user_api="blas")


def interval(draws: Doubles, level: float = LEVEL) -> tuple[float, float]:
    """Return the percentile interval of resampled values; NaN where there is none.

    Examples
    --------
    >>> interval(np.arange(101.0), level=0.9)
    (5.0, 95.0)
    """
    finite = draws[np.isfinite(draws)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)

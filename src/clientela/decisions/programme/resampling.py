"""Customers resampled, for intervals, and exchanged, for a test."""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from clientela.scoring.columns import Doubles

MOST_UNITS = 5_000
CHUNK = 250
LEVEL = 0.95
_GRID = 1 << 16


def bootstrap(sums: Doubles, resamples: int, seed: int) -> Doubles:
    """Give the totals of columns over resampled customers.

    Each customer counts as often as a Poisson variable of mean 1 says, all columns alike, so that
    differences between groups are paired and whoever stands in several dates stands there together.
    Beyond 5,000 customers they are resampled in 5,000 groups drawn at random.

    Parameters
    ----------
    sums : array of float, (customers, columns)
        What each customer adds.
    resamples : int
        How many totals.
    seed : int
        Of the draws.

    Returns
    -------
    array of float, (resamples, columns)

    References
    ----------
    Chamandy, Muralidharan, Najmi, Naidu (2012), Estimating uncertainty for massive data streams.
    """
    rng = np.random.default_rng([seed, 1])
    units = grouped(sums, rng)
    weights = np.repeat(np.arange(len(_poisson_counts())), _poisson_counts()).astype(np.float64)
    parts = []
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, resamples, CHUNK):
            size = (min(CHUNK, resamples - start), len(units))
            drawn = weights[rng.integers(0, _GRID, size=size, dtype=np.uint16)]
            parts.append(drawn @ units)
    return np.concatenate(parts)


def interval(draws: Doubles) -> tuple[float, float]:
    """Give the middle 95 % of draws; NaN where there are none."""
    known = draws[np.isfinite(draws)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def exchange(differences: Doubles, permutations: int, seed: int) -> float:
    """Test whether two ways of choosing could be exchanged, customer by customer.

    Parameters
    ----------
    differences : array of float
        What each customer adds to the difference between both ways, from the mean of those on
        whom they differ: exchanging the ways turns its sign.
    permutations : int
        How many exchanges are drawn.
    seed : int
        Of the draws.

    Returns
    -------
    float
        Two-sided p-value (b + 1) / (m + 1), never 0.

    References
    ----------
    Phipson, Smyth (2010), Permutation P-values should never be zero,
    doi:10.2202/1544-6115.1585.

    Examples
    --------
    >>> exchange(np.zeros(3), permutations=99, seed=1)
    1.0
    """
    rng = np.random.default_rng([seed, 2])
    units = grouped(differences[differences != 0][:, None], rng)[:, 0]
    observed = abs(units.sum())
    as_far = 0
    for start in range(0, permutations, CHUNK):
        size = (min(CHUNK, permutations - start), len(units))
        signs = 2.0 * rng.integers(0, 2, size=size, dtype=np.int8) - 1
        as_far += int(np.sum(np.abs(signs @ units) >= observed * (1 - 1e-12)))
    return (as_far + 1) / (permutations + 1)


def grouped(sums: Doubles, rng: np.random.Generator) -> Doubles:
    """Add up customers in 5,000 groups drawn at random, where there are more."""
    if len(sums) <= MOST_UNITS:
        return sums
    order = rng.permutation(len(sums))
    edges = np.linspace(0, len(sums), MOST_UNITS + 1).astype(np.int64)[:-1]
    return np.add.reduceat(sums[order], edges, axis=0)


def _poisson_counts() -> npt.NDArray[np.int64]:
    """Give how often each value of a Poisson variable of mean 1 stands in a grid of 65,536."""
    chance = np.exp(-1.0) / np.cumprod(np.append(1.0, np.arange(1.0, 12.0)))
    edges = np.round(np.cumsum(chance) * _GRID).astype(np.int64)
    edges[-1] = _GRID
    return np.diff(edges, prepend=0)

"""Customers resampled, for intervals, and exchanged, for a test."""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from clientela.statistics.arrays import Doubles

Units = npt.NDArray[np.int64]

MOST_UNITS = 5_000
CHUNK = 250
LEVEL = 0.95
_GRID = 1 << 16


def bootstrap(sums: Doubles, resamples: int, seed: int) -> Doubles:
    """Give the totals of columns over resampled customers.

    Each customer counts as often as a Poisson variable of mean 1 says, all columns alike, so that
    differences between groups are paired and whoever stands in several dates stands there together.

    Parameters
    ----------
    sums : array of float, (units, columns)
        What each unit adds: a customer, or a group of them drawn at random (:func:`units`).
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
    weights = np.repeat(np.arange(len(_poisson_counts())), _poisson_counts()).astype(np.float64)
    parts = []
    with threadpool_limits(1, user_api="blas"):
        for start in range(0, resamples, CHUNK):
            size = (min(CHUNK, resamples - start), len(sums))
            drawn = weights[rng.integers(0, _GRID, size=size, dtype=np.uint16)]
            parts.append(drawn @ sums)
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
        What each unit adds to the difference between both ways, from the mean of those on whom
        they differ: exchanging the ways turns its sign.
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
    changing = differences[differences != 0]
    observed = abs(changing.sum())
    as_far = 0
    for start in range(0, permutations, CHUNK):
        size = (min(CHUNK, permutations - start), len(changing))
        signs = 2.0 * rng.integers(0, 2, size=size, dtype=np.int8) - 1
        as_far += int(np.sum(np.abs(signs @ changing) >= observed * (1 - 1e-12)))
    return (as_far + 1) / (permutations + 1)


def units(customers: int, seed: int) -> Units:
    """Give the unit in which each customer is resampled.

    Up to 5,000 customers each is one; more are dealt into 5,000 groups of equal size at random.

    Examples
    --------
    >>> units(3, seed=1)
    array([0, 1, 2])
    """
    if customers <= MOST_UNITS:
        return np.arange(customers)
    return np.random.default_rng([seed, 3]).permutation(customers) % MOST_UNITS


def _poisson_counts() -> npt.NDArray[np.int64]:
    """Give how often each value of a Poisson variable of mean 1 stands in a grid of 65,536."""
    chance = np.exp(-1.0) / np.cumprod(np.append(1.0, np.arange(1.0, 12.0)))
    edges = np.round(np.cumsum(chance) * _GRID).astype(np.int64)
    edges[-1] = _GRID
    return np.diff(edges, prepend=0)

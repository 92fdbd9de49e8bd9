"""Significance: tests of means and ranks, permutation and exchange tests, Holm's correction."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, stdtr

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import MOST_UNITS
from clientela.statistics.ranks import place_among

# Blocks of the smaller group, where customers stand in blocks, by convention.
LEAST_BLOCKS = 500
# Share by which equal statistics differ where sums are taken in another order.
NOISE = 1e-9
# Exchanges drawn at a time: by convention, no result depends on it.
SIGNS_AT_ONCE = 250


def compute_welch_p_value(members: Doubles, nonmembers: Doubles) -> float:
    """Return the one-sided p-value of the members' mean being the higher, by Welch's test.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28.

    Examples
    --------
    >>> round(compute_welch_p_value(np.array([3.0, 4.0, 5.0]), np.array([1.0, 2.0, 3.0])), 3)
    0.035
    """
    errors = [float(group.std(ddof=1)) ** 2 / len(group) for group in (members, nonmembers)]
    squares = [
        error**2 / (len(group) - 1)
        for error, group in zip(errors, (members, nonmembers), strict=True)
    ]
    distance = (float(members.mean()) - float(nonmembers.mean())) / math.sqrt(sum(errors))
    return float(stdtr(sum(errors) ** 2 / sum(squares), -distance))


def compute_mann_whitney_p_value(members: Doubles, nonmembers: Doubles) -> float:
    """Return the one-sided p-value of a member having more, by ranks, for groups of 9 and more.

    By the normal approximation, with ties and the step from one count to the next.

    References
    ----------
    Mann, Whitney (1947), doi:10.1214/aoms/1177730491.

    Examples
    --------
    >>> few, more = np.arange(9.0), np.arange(9.0) + 4.0
    >>> round(compute_mann_whitney_p_value(more, few), 3)
    0.007
    """
    pairs, customers = len(members) * len(nonmembers), len(members) + len(nonmembers)
    _, ties = np.unique(np.concatenate([members, nonmembers]), return_counts=True)
    tied = float((ties.astype(np.float64) ** 3 - ties).sum()) / (customers * (customers - 1))
    spread = math.sqrt(pairs / 12 * (customers + 1 - tied))
    above = float(place_among(members, nonmembers).sum()) * len(nonmembers) - pairs / 2 - 0.5
    return float(ndtr(-above / spread)) if spread else 1.0


def compute_ratio_p_value(
    members: Doubles, baseline: Doubles, threshold: float, resamples: int, rng: np.random.Generator
) -> float:
    """Return the one-sided p-value of the members' ratio being above ``threshold`` times theirs.

    What a customer's part lies above the one expected where the ratios stand exactly so, a unit of
    the group's whole, has mean 0 in both groups, and the difference of its means is that of the
    ratios. Studentised, it is compared with the differences of groups drawn by chance.

    Parameters
    ----------
    members, others : array (customers, 2)
        Part and whole; both wholes sum up to more than 0.
    threshold : float
        The members' ratio over that of the others, above 0.
    resamples : int
        Groups drawn by chance.
    rng : numpy.random.Generator
        Draws them.

    References
    ----------
    Phipson, Smyth (2010), doi:10.2202/1544-6115.1585. Chung, Romano (2013), Exact and
    asymptotically robust permutation tests, doi:10.1214/13-AOS1090.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> often, seldom = np.repeat([[5.0, 10.0]], 20, axis=0), np.repeat([[1.0, 10.0]], 20, axis=0)
    >>> compute_ratio_p_value(often, seldom, 1.0, 99, rng)
    0.01
    """
    sign = 1.0 if len(members) <= len(baseline) else -1.0
    above = sorted(compute_residuals(members, baseline, threshold), key=len)
    size = max(1, min((len(members) + len(baseline)) // MOST_UNITS, len(above[0]) // LEAST_BLOCKS))
    smaller, larger = (_average_blocks(residuals, size, rng) for residuals in above)
    count = len(smaller)
    pooled = np.concatenate([smaller, larger])
    sums = np.column_stack([pooled, pooled**2])
    observed = sign * _studentise(sums[:count].sum(axis=0)[None], sums, count)[0]
    drawn = np.array([_draw_group(sums, count, rng) for _ in range(resamples)])
    by_chance = sign * _studentise(drawn, sums, count)
    return (1 + int((by_chance >= observed - NOISE * abs(observed)).sum())) / (1 + resamples)


def compute_residuals(
    members: Doubles, baseline: Doubles, threshold: float
) -> tuple[Doubles, Doubles]:
    """Return what each part lies above the one expected at the threshold, a unit of mean whole."""
    (part, total), (part_baseline, total_baseline) = members.sum(axis=0), baseline.sum(axis=0)
    # the ratio of the others, if the members' were exactly the threshold times it
    ratio = (part + part_baseline) / (threshold * total + total_baseline)
    mine = (members[:, 0] / threshold - ratio * members[:, 1]) / (total / len(members))
    theirs = (baseline[:, 0] - ratio * baseline[:, 1]) / (total_baseline / len(baseline))
    return mine, theirs


def _average_blocks(values: Doubles, size: int, rng: np.random.Generator) -> Doubles:
    """Return the means of random blocks, so that the cost does not grow with the firm."""
    if size == 1:
        return values
    blocks = len(values) // size
    block = rng.permutation(len(values)) % blocks
    means: Doubles = np.bincount(block, values, blocks) / np.bincount(block, minlength=blocks)
    return means


def _draw_group(sums: Doubles, count: int, rng: np.random.Generator) -> Doubles:
    rows = rng.choice(len(sums), count, replace=False, shuffle=False)
    return np.asarray(sums[rows].sum(axis=0))


def _studentise(smaller: Doubles, sums: Doubles, count: int) -> Doubles:
    """Return differences of means over their errors, from sums and squares of the smaller group."""
    means, variances = [], np.zeros(len(smaller))
    groups = (smaller, count), (sums.sum(axis=0) - smaller, len(sums) - count)
    for totals, customers in groups:
        mean, square = totals[:, 0] / customers, totals[:, 1] / customers
        means.append(mean)
        variances = variances + np.maximum(square - mean**2, 0.0) / (customers - 1)
    scale = np.sqrt(sums[:, 1].mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (means[0] - means[1]) / np.maximum(np.sqrt(variances), NOISE * scale)
    return np.asarray(np.nan_to_num(ratios))


def compute_exchange_p_value(differences: Doubles, permutations: int, seed: int) -> float:
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
    >>> compute_exchange_p_value(np.zeros(3), permutations=99, seed=1)
    1.0
    """
    rng = np.random.default_rng([seed, 2])
    changing = differences[differences != 0]
    observed = abs(changing.sum())
    as_far = 0
    for start in range(0, permutations, SIGNS_AT_ONCE):
        size = (min(SIGNS_AT_ONCE, permutations - start), len(changing))
        signs = 2.0 * rng.integers(0, 2, size=size, dtype=np.int8) - 1
        as_far += int(np.sum(np.abs(signs @ changing) >= observed * (1 - 1e-12)))
    return (as_far + 1) / (permutations + 1)


def adjust_p_values(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values by Holm's method, so that one error or more has that chance.

    The smallest is multiplied by their number, the next by one less and so on, none falling below
    the one before.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of
    Statistics 6(2), 65-70.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03, 0.005])
    [0.03, 0.06, 0.06, 0.02]
    """
    adjusted, floor = [0.0] * len(p_values), 0.0
    order = sorted(range(len(p_values)), key=lambda position: (p_values[position], position))
    for rank, position in enumerate(order):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[position]))
        adjusted[position] = floor
    return adjusted

"""Whether one ratio of sums stands to another as claimed, by permuting who belongs to which."""

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.block_bootstrap import BLOCKS

LEAST_BLOCKS = 500  # of the smaller group, where customers stand in blocks
NOISE = 1e-9  # equal statistics differ by so much where sums are taken in another order


def p_value(
    members: Doubles, rest: Doubles, threshold: float, resamples: int, rng: np.random.Generator
) -> float:
    """Give the one-sided p-value of the members' ratio being above ``threshold`` times the rest's.

    What a customer's part lies above the one expected where the ratios stand exactly so, a unit of
    the group's whole, has mean 0 in both groups, and the difference of its means is that of the
    ratios. Studentised, it is compared with the differences of groups drawn by chance.

    Parameters
    ----------
    members, rest : array (customers, 2)
        Part and whole; both wholes sum up to more than 0.
    threshold : float
        The members' ratio over that of the rest, above 0.
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
    >>> p_value(often, seldom, 1.0, 99, rng), p_value(seldom, often, 1.0, 99, rng)
    (0.01, 1.0)
    """
    sign = 1.0 if len(members) <= len(rest) else -1.0
    above = sorted(residuals(members, rest, threshold), key=len)
    size = max(1, min((len(members) + len(rest)) // BLOCKS, len(above[0]) // LEAST_BLOCKS))
    smaller, larger = (_means(each, size, rng) for each in above)
    few = len(smaller)
    pooled = np.concatenate([smaller, larger])
    sums = np.column_stack([pooled, pooled**2])
    observed = sign * _studentised(sums[:few].sum(axis=0)[None], sums, few)[0]
    drawn = np.array([_drawn(sums, few, rng) for _ in range(resamples)])
    found = sign * _studentised(drawn, sums, few)
    return (1 + int((found >= observed - NOISE * abs(observed)).sum())) / (1 + resamples)


def residuals(members: Doubles, rest: Doubles, threshold: float) -> tuple[Doubles, Doubles]:
    """Give what each part lies above the one expected at the threshold, a unit of mean whole."""
    (part, whole), (part_rest, whole_rest) = members.sum(axis=0), rest.sum(axis=0)
    ratio = (part + part_rest) / (threshold * whole + whole_rest)  # of the rest, if it were so
    mine = (members[:, 0] / threshold - ratio * members[:, 1]) / (whole / len(members))
    theirs = (rest[:, 0] - ratio * rest[:, 1]) / (whole_rest / len(rest))
    return mine, theirs


def _means(values: Doubles, size: int, rng: np.random.Generator) -> Doubles:
    """Give the means of blocks drawn at random, so that the cost does not grow with the firm."""
    if size == 1:
        return values
    blocks = len(values) // size
    block = rng.permutation(len(values)) % blocks
    means: Doubles = np.bincount(block, values, blocks) / np.bincount(block, minlength=blocks)
    return means


def _drawn(sums: Doubles, few: int, rng: np.random.Generator) -> Doubles:
    picked: Doubles = sums[rng.choice(len(sums), few, replace=False, shuffle=False)].sum(axis=0)
    return picked


def _studentised(smaller: Doubles, sums: Doubles, few: int) -> Doubles:
    """Give the differences of means over their errors, from sums and squares of the smaller."""
    means, variances = [], np.zeros(len(smaller))
    for held, customers in ((smaller, few), (sums.sum(axis=0) - smaller, len(sums) - few)):
        mean, square = held[:, 0] / customers, held[:, 1] / customers
        means.append(mean)
        variances = variances + np.maximum(square - mean**2, 0.0) / (customers - 1)
    difference = means[0] - means[1]
    scale = np.sqrt(sums[:, 1].mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Doubles = difference / np.maximum(np.sqrt(variances), NOISE * scale)
    return np.nan_to_num(found)

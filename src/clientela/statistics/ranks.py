"""Statistics in ranks: what long tails cannot pull."""

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles


def compute_ranks(values: Doubles) -> Doubles:
    """Return centred ranks, equal values sharing theirs; the ranks add up to 0.

    Examples
    --------
    >>> compute_ranks(np.array([30.0, 10.0, 10.0]))
    array([ 1. , -0.5, -0.5])
    """
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts + 1) / 2
    return np.asarray(middle[position] - (len(values) - 1) / 2)


def place_among(values: Doubles, others: Doubles) -> Doubles:
    """Return the share of others below each value; equals count half.

    Examples
    --------
    >>> place_among(np.array([1.0, 2.0]), np.array([0.0, 2.0]))
    array([0.5 , 0.75])
    """
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return np.asarray(below / (2.0 * len(others)))


def spearman(values: Doubles, other: Doubles) -> float | None:
    """Return the rank correlation of two features over those who have both, from -1 to 1.

    None where fewer than three have both, or one of them is the same for all.

    References
    ----------
    Spearman (1904), The proof and measurement of association between two things, American Journal
    of Psychology 15. doi:10.2307/1412159

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0, np.nan]), np.array([1.0, 10.0, 100.0, 5.0]))
    1.0
    """
    present = ~(np.isnan(values) | np.isnan(other))
    if present.sum() < 3:
        return None
    return _correlation(compute_ranks(values[present]), compute_ranks(other[present]))


def eta_squared(values: Doubles, labels: npt.NDArray[np.int64]) -> float | None:
    """Return the share of a feature's variance in ranks that lies between groups, from 0 to 1.

    It is the effect size of Kruskal and Wallis' test, H / (n - 1). None where nobody differs.

    References
    ----------
    Kruskal, Wallis (1952), Use of ranks in one-criterion variance analysis, Journal of the American
    Statistical Association 47. doi:10.1080/01621459.1952.10483441

    Examples
    --------
    >>> eta_squared(np.array([1.0, 1.0, 5.0, 5.0]), np.array([7, 7, 8, 8]))
    1.0
    """
    present = ~np.isnan(values)
    ranks = compute_ranks(values[present])
    total = float((ranks**2).sum())
    if not total:
        return None
    _, group = np.unique(labels[present], return_inverse=True)
    sums, sizes = np.bincount(group, weights=ranks), np.bincount(group)
    return min(1.0, float((sums**2 / sizes).sum()) / total)


def explain_ranks(
    values: Doubles, others: Doubles, ranks_of_others: Doubles
) -> tuple[list[float | None], float | None]:
    """Return how far a feature follows each of others, and all of them together.

    Parameters
    ----------
    values : array of shape (n,)
        The feature; NaN where it is missing.
    others : array of shape (n, m)
        Without missing values.
    ranks_of_others : array of shape (n, m)
        Of :func:`rank_columns`, once for all features.

    Returns
    -------
    tuple
        Rank correlation with each, and the share of the feature's variance in ranks that they
        tell together: the squared multiple correlation. None where nobody differs.

    Examples
    --------
    >>> others = np.array([[1.0], [2.0], [3.0]])
    >>> explain_ranks(np.array([9.0, 4.0, 2.0]), others, rank_columns(others))
    ([-1.0], 1.0)
    """
    present = ~np.isnan(values)
    ranks = compute_ranks(values[present])
    total = float((ranks**2).sum())
    axes = ranks_of_others if present.all() else rank_columns(others[present])
    if not total or not axes.size:
        return [None] * axes.shape[1], None
    weights = np.linalg.lstsq(axes, ranks, rcond=None)[0]
    left = float(((ranks - axes @ weights) ** 2).sum()) / total
    return [_correlation(axis, ranks) for axis in axes.T], min(1.0, max(0.0, 1.0 - left))


def rank_columns(values: Doubles) -> Doubles:
    """Return the ranks of every column."""
    ranks = [compute_ranks(axis) for axis in values.T]
    return np.column_stack(ranks) if ranks else np.zeros(values.shape)


def _correlation(first: Doubles, second: Doubles) -> float | None:
    spread = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum()) / spread if spread else None

"""How far two divisions of the same customers agree."""

from typing import Any

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


def contingency(first: Labels, second: Labels) -> npt.NDArray[np.int64]:
    """Count customers by their labels in both divisions; labels are 0, 1, 2, ….

    Examples
    --------
    >>> contingency(np.array([0, 0, 1]), np.array([1, 1, 0]))
    array([[0, 2],
           [1, 0]])
    """
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns)


def adjusted_rand_index(table: npt.NDArray[np.int64]) -> float:
    """Return the agreement over pairs of customers, corrected for chance: 1 is the same division.

    References
    ----------
    Hubert, Arabie (1985), Comparing partitions, Journal of Classification 2. doi:10.1007/BF01908075

    Examples
    --------
    >>> adjusted_rand_index(contingency(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])))
    1.0
    >>> adjusted_rand_index(contingency(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])))
    -0.5
    """
    together = _pairs(table).sum()
    row_pairs, column_pairs = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    chance = row_pairs * column_pairs / _pairs(table.sum()) if table.sum() > 1 else 0.0
    mean_pairs = (row_pairs + column_pairs) / 2
    return 1.0 if mean_pairs == chance else float((together - chance) / (mean_pairs - chance))


def jaccard(table: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Give, for each segment of the first division, its best overlap with one of the second.

    References
    ----------
    Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics & Data
    Analysis 52. doi:10.1016/j.csda.2006.11.025

    Examples
    --------
    >>> jaccard(contingency(np.array([0, 0, 1, 1]), np.array([0, 0, 0, 1])))
    array([0.67, 0.5 ])
    """
    union = table.sum(axis=1, keepdims=True) + table.sum(axis=0, keepdims=True) - table
    overlap = np.divide(table, union, out=np.zeros(table.shape), where=union > 0)
    return np.asarray(overlap.max(axis=1))


def _pairs(counts: Any) -> Any:
    counts = np.asarray(counts, dtype=np.float64)
    return counts * (counts - 1) / 2

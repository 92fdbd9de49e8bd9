"""Attributes that were written after the exit: they say who left and foresee nothing."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.labelled import Flags
from clientela.statistics.arrays import Doubles, is_numeric

TOO_GOOD_AUC = 0.95
"""No honest attribute comes near alone: the best of IBM Telco, the months of tenure, has .74."""
LEAST_OF_A_CLASS, LEAST_OF_A_CATEGORY = 20, 10


def telltale(table: pa.Table, left: Flags, names: Sequence[str]) -> dict[str, float]:
    """Find the attributes that tell almost alone who left.

    Parameters
    ----------
    table : pa.Table
        Holds the attributes.
    left : array of bool, shape (customers,)
        Who left.
    names : sequence of str
        Attributes nobody dates.

    Returns
    -------
    dict of str to float
        The area under the ROC curve of each that has more than .95, by its value or by its being
        there at all; empty where fewer than 20 left or stayed. Categories of fewer than 10
        customers count as one.
    """
    if min(left.sum(), (~left).sum()) < LEAST_OF_A_CLASS:
        return {}
    found = {name: _best_auc(table[name], left) for name in names}
    return {name: auc for name, auc in found.items() if auc > TOO_GOOD_AUC}


def _best_auc(values: pa.ChunkedArray, left: Flags) -> float:
    there = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=np.float64)
    return max(_auc(there, left), _auc(_scale(values, left), left))


def _scale(values: pa.ChunkedArray, left: Flags) -> Doubles:
    """Give numbers as they are, missing ones below all; categories by their share of leavers."""
    if is_numeric(values.type):
        numbers = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(np.where(np.isnan(numbers), -np.inf, numbers))
    coded = pc.index_in(values, value_set=pc.unique(values.drop_null()))
    place = np.asarray(pc.fill_null(coded, -1).to_numpy(zero_copy_only=False)) + 1
    place = np.where(np.bincount(place)[place] < LEAST_OF_A_CATEGORY, 0, place)
    share = np.bincount(place, weights=left) / np.maximum(np.bincount(place), 1)
    return np.asarray(share[place])


def _auc(scale: Doubles, left: Flags) -> float:
    """Give the area under the ROC curve, turned to be above a half."""
    _, place, held = np.unique(scale, return_inverse=True, return_counts=True)
    rank = np.cumsum(held) - (held - 1) / 2.0
    gone, stayed = left.sum(), (~left).sum()
    area = (rank[place][left].sum() - gone * (gone + 1) / 2.0) / (gone * stayed)
    return float(max(area, 1.0 - area))

"""Ids that survive a refit: a segment that holds mostly the same customers is the same segment."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from clientela.segments.score.model import Assignment, SegmentModel
from clientela.statistics.arrays import Doubles

SAME = 0.5
"""Jaccard overlap from which a segment keeps its id; above one half, no other could claim it."""

Ids = npt.NDArray[np.int64]


def matched(
    model: SegmentModel, assignment: Assignment, old_model: SegmentModel, old_assignment: Assignment
) -> SegmentModel:
    """Give a refitted model the ids of the segments it continues.

    Segments of both models are paired so that as many customers as possible stay in theirs. A pair
    whose Jaccard overlap is at least one half keeps the old id; every other segment gets
    an id that was never used before. Everyone as one segment continues only everyone.

    The pipeline fits a model, lets it and the one before assign the present snapshot, and names and
    stores what this function gives::

        fitted = segmentation.fit(snapshot, …)
        if held is not None:
            fitted = matched(fitted, fitted.assign(snapshot), held, held.assign(snapshot))
        model = segments.named(fitted, snapshot, held)

    Customers are assigned and segments profiled only then, under the ids that count.

    Parameters
    ----------
    model, assignment : SegmentModel, Assignment
        The new model and the segment it gives each customer of a snapshot.
    old_model, old_assignment : SegmentModel, Assignment
        The one before, on the same rows.

    Raises
    ------
    ValueError
        The assignments are of different customers.

    References
    ----------
    Kuhn (1955), The Hungarian method for the assignment problem. doi:10.1002/nav.3800020109
    """
    shared = overlap(assignment.segment, model.ids, old_assignment.segment, old_model.ids)
    kept = _kept(shared, model, old_model)
    highest = max(old_model.highest_id, *old_model.ids)
    fresh = iter(range(highest + 1, highest + 1 + len(model.ids)))
    ids = tuple(kept[place] if place in kept else next(fresh) for place in range(len(model.ids)))
    return replace(model, ids=ids, highest_id=max(highest, *ids))


def overlap(
    segment: Ids, ids: Sequence[int], old_segment: Ids, old_ids: Sequence[int]
) -> npt.NDArray[np.int64]:
    """Count customers by their new and their old segment, in the order of the ids given.

    Examples
    --------
    >>> overlap(np.array([1, 1, 2]), (1, 2), np.array([7, 8, 8]), (7, 8))
    array([[1, 1],
           [0, 1]])
    """
    if len(segment) != len(old_segment):
        raise ValueError("both models must assign the same customers")
    members = np.asarray(ids)[:, None] == segment
    old_members = np.asarray(old_ids)[:, None] == old_segment
    return np.asarray(members.astype(np.int64) @ old_members.astype(np.int64).T)


def _kept(
    shared: npt.NDArray[np.int64], model: SegmentModel, old_model: SegmentModel
) -> dict[int, int]:
    """Give the old id of each position in the new model that continues a segment."""
    if (len(model.ids) == 1) != (len(old_model.ids) == 1):
        return {}
    alike = _jaccard(shared)
    pairs = zip(*linear_sum_assignment(shared, maximize=True), strict=True)
    return {int(new): old_model.ids[old] for new, old in pairs if alike[new, old] >= SAME}


def _jaccard(shared: npt.NDArray[np.int64]) -> Doubles:
    either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    alike = np.divide(shared, either, out=np.zeros(shared.shape), where=either > 0)
    return np.asarray(alike, dtype=np.float64)

"""Segments from one run to the next: ids that survive a refit, and migrations between segments."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels

SAME_SEGMENT_JACCARD = 0.5
"""Jaccard overlap from which a segment keeps its id; above one half, no other could claim it."""

MIGRATIONS = pa.schema(
    [
        ("from_segment", pa.int64()),
        ("to_segment", pa.int64()),
        ("customers", pa.int64()),
        ("revenue", pa.float64()),
    ]
)
"""Columns that :func:`count_migrations` makes of ``segment_migrations``."""

Counts = npt.NDArray[np.int64]


def match_ids(
    model: SegmentModel,
    segment: Labels,
    previous_model: SegmentModel,
    previous_segment: Labels,
) -> SegmentModel:
    """Return a refitted model with the ids of the segments it continues.

    Segments of both models are paired so that as many customers as possible stay in theirs. A pair
    whose Jaccard overlap is at least one half keeps the previous id; every other segment gets
    an id that was never used before. Everyone as one segment continues only everyone.

    The pipeline fits a model, lets it and the one before assign the present snapshot, and names and
    stores the result. Customers are assigned and segments profiled only then, under the final ids.

    Parameters
    ----------
    model, segment : SegmentModel, array of int
        The new model and the segment it assigns to each customer of a snapshot.
    previous_model, previous_segment : SegmentModel, array of int
        The one before, on the same rows.

    Raises
    ------
    ValueError
        The assignments are of different customers.

    References
    ----------
    Kuhn (1955), The Hungarian method for the assignment problem. doi:10.1002/nav.3800020109
    """
    overlap = count_overlap(segment, model.ids, previous_segment, previous_model.ids)
    continued = _pair_segments(overlap, model.ids, previous_model.ids)
    highest = max(previous_model.highest_id, *previous_model.ids)
    fresh = iter(range(highest + 1, highest + 1 + len(model.ids)))
    ids = tuple(
        continued[position] if position in continued else next(fresh)
        for position in range(len(model.ids))
    )
    return replace(model, ids=ids, highest_id=max(highest, *ids))


def count_overlap(
    segment: Counts, ids: Sequence[int], previous_segment: Counts, previous_ids: Sequence[int]
) -> Counts:
    """Count customers by new and by previous segment, in the order of the ids.

    Examples
    --------
    >>> count_overlap(np.array([1, 1, 2]), (1, 2), np.array([7, 8, 8]), (7, 8))
    array([[1, 1],
           [0, 1]])
    """
    if len(segment) != len(previous_segment):
        raise ValueError("both models must assign the same customers")
    members = np.asarray(ids)[:, None] == segment
    previous_members = np.asarray(previous_ids)[:, None] == previous_segment
    return np.asarray(members.astype(np.int64) @ previous_members.astype(np.int64).T)


def _pair_segments(
    overlap: Counts, ids: Sequence[int], previous_ids: Sequence[int]
) -> dict[int, int]:
    """Return the previous id of each position among the new ids that continues a segment."""
    from scipy.optimize import linear_sum_assignment

    if (len(ids) == 1) != (len(previous_ids) == 1):
        return {}
    union = overlap.sum(axis=1, keepdims=True) + overlap.sum(axis=0, keepdims=True) - overlap
    jaccard = np.divide(overlap, union, out=np.zeros(overlap.shape), where=union > 0)
    pairs = zip(*linear_sum_assignment(overlap, maximize=True), strict=True)
    return {
        int(new): previous_ids[old]
        for new, old in pairs
        if jaccard[new, old] >= SAME_SEGMENT_JACCARD
    }


def count_migrations(previous: pa.Table, current: pa.Table) -> pa.Table:
    """Count customers and revenue that moved between segments of two runs.

    Parameters
    ----------
    previous, current : pa.Table
        Columns ``customer_id``, ``segment`` and ``revenue``, one row a customer.

    Returns
    -------
    pa.Table
        ``from_segment`` (null: new), ``to_segment`` (null: left), ``customers`` and ``revenue``:
        net revenue known now, or last known of those who left.

    Examples
    --------
    >>> before = pa.table({"customer_id": ["a", "b"], "segment": [1, 2], "revenue": [10.0, 1.0]})
    >>> now = pa.table({"customer_id": ["b", "c"], "segment": [1, 1], "revenue": [7.0, 5.0]})
    >>> count_migrations(before, now).to_pylist()[0]
    {'from_segment': 1, 'to_segment': None, 'customers': 1, 'revenue': 10.0}
    """
    joined = _prefix_columns(previous, "from").join(
        _prefix_columns(current, "to"), "customer_id", join_type="full outer", use_threads=False
    )
    joined = joined.sort_by("customer_id")  # sums of doubles depend on the order of rows
    revenue = pc.coalesce(joined["to_revenue"], joined["from_revenue"])
    moves = joined.append_column("revenue", revenue).group_by(
        ["from_segment", "to_segment"], use_threads=False
    )
    counted = moves.aggregate([("customer_id", "count"), ("revenue", "sum")])
    keys = [("from_segment", "ascending"), ("to_segment", "ascending")]
    return counted.rename_columns(MIGRATIONS.names).cast(MIGRATIONS).sort_by(keys)


def _prefix_columns(assignment: pa.Table, side: str) -> pa.Table:
    columns = assignment.select(["customer_id", "segment", "revenue"])
    return columns.rename_columns(["customer_id", f"{side}_segment", f"{side}_revenue"])

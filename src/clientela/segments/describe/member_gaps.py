"""How far each segment lies from the members of the programme, feature by feature."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.segments.describe.profile import FeatureStat, measure_features
from clientela.statistics.arrays import Mask

GAPS = pa.schema(
    [
        ("segment", pa.int64()),
        ("feature", pa.string()),
        ("value", pa.float64()),
        ("members_value", pa.float64()),
        ("ratio", pa.float64()),
        ("position", pa.int64()),
    ]
)
"""Columns of ``segment_gaps``."""

FEATURES = (
    "revenue_365d",
    "orders_365d",
    "average_order_value",
    "days_since_last",
    "gap_days_mean",
    "tenure_days",
    "products",
    "products_per_order",
    "units_per_order",
    "repeat_product_share",
    "new_products_90d",
    "revenue_90d",
    "returned_share",
)
"""What a person can act on or picture; a segment's other features stand in its profile."""


def measure_gaps(snapshot: pa.Table, segment: npt.NDArray[np.int64], members: Mask) -> pa.Table:
    """Set the median customer of each segment beside the median member.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all features.
    segment : array of int
        The segment of each row.
    members : array of bool
        Who belongs to the programme.

    Returns
    -------
    pa.Table
        Of :data:`GAPS`, the widest gap of each segment first, as ranks in the whole base.
        Empty where nobody is a member.
    """
    if not members.any():
        return GAPS.empty_table()
    masks = {int(number): segment == number for number in np.unique(segment)}
    columns = snapshot.select([name for name in FEATURES if name in snapshot.column_names])
    stats, member_stats = measure_features(columns, masks), measure_features(columns, {0: members})
    rows = [row for number in masks for row in _list_gaps(number, stats[number], member_stats[0])]
    return pa.Table.from_pylist(rows, GAPS)


def _list_gaps(
    segment: int, stats: Mapping[str, FeatureStat], member_stats: Mapping[str, FeatureStat]
) -> list[dict[str, Any]]:
    gaps = []
    for name, stat in stats.items():
        if stat.rank is not None and (member_rank := member_stats[name].rank) is not None:
            gaps.append((-abs(stat.rank - member_rank), name))
    rows = []
    for position, (_, name) in enumerate(sorted(gaps), start=1):
        value, members_value = stats[name].median, member_stats[name].median
        ratio = value / members_value if value is not None and members_value else None
        rows.append(
            {
                "segment": segment,
                "feature": name,
                "value": value,
                "members_value": members_value,
                "ratio": ratio,
                "position": position,
            }
        )
    return rows

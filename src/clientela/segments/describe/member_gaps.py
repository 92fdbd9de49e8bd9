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
    segments = {int(one): segment == one for one in np.unique(segment)}
    held = snapshot.select([name for name in FEATURES if name in snapshot.column_names])
    found, usual = measure_features(held, segments), measure_features(held, {0: members})[0]
    rows = [row for one, features in found.items() for row in _rows(one, features, usual)]
    return pa.Table.from_pylist(rows, GAPS)


def _rows(
    segment: int, features: Mapping[str, FeatureStat], usual: Mapping[str, FeatureStat]
) -> list[dict[str, Any]]:
    apart = {name: _apart(stat, usual[name]) for name, stat in features.items()}
    widest = sorted((-far, name) for name, far in apart.items() if far is not None)
    return [
        {
            "segment": segment,
            "feature": name,
            "value": features[name].median,
            "members_value": usual[name].median,
            "ratio": _ratio(features[name].median, usual[name].median),
            "position": position,
        }
        for position, (_, name) in enumerate(widest, start=1)
    ]


def _apart(one: FeatureStat, other: FeatureStat) -> float | None:
    if one.rank is None or other.rank is None:
        return None
    return abs(one.rank - other.rank)


def _ratio(value: float | None, usual: float | None) -> float | None:
    return value / usual if value is not None and usual else None

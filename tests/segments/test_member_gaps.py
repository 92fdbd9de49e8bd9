"""Gaps to the members, counted by hand."""

import numpy as np
import pyarrow as pa

from clientela.segments.describe.member_gaps import GAPS, measure_gaps

SNAPSHOT = pa.table(
    {
        "customer_id": ["a", "b", "c", "d", "e"],
        "revenue_365d": [100.0, 50.0, 10.0, 20.0, 0.0],
        "days_since_last": [1, 3, 100, 2, 200],
        "products": [9, 9, 9, 9, None],
        "tenure_days": [None, None, None, None, None],
    }
).cast(
    pa.schema(
        [
            ("customer_id", pa.string()),
            ("revenue_365d", pa.float64()),
            ("days_since_last", pa.int64()),
            ("products", pa.int64()),
            ("tenure_days", pa.int64()),
        ]
    )
)
SEGMENT = np.array([1, 1, 2, 2, 3])
MEMBERS = np.array([True, True, False, False, False])


def test_the_widest_gap_in_ranks_comes_first() -> None:
    found = measure_gaps(SNAPSHOT, SEGMENT, MEMBERS)
    assert found.schema.equals(GAPS)
    second = [row for row in found.to_pylist() if row["segment"] == 2]
    # revenue: medians 15 and 75, ranks .4 and .8; days: 51 and 2, ranks .6 and .3
    assert second == [
        {
            "segment": 2,
            "feature": "revenue_365d",
            "value": 15.0,
            "members_value": 75.0,
            "ratio": 0.2,
            "position": 1,
        },
        {
            "segment": 2,
            "feature": "days_since_last",
            "value": 51.0,
            "members_value": 2.0,
            "ratio": 25.5,
            "position": 2,
        },
        {
            "segment": 2,
            "feature": "products",
            "value": 9.0,
            "members_value": 9.0,
            "ratio": 1.0,
            "position": 3,
        },
    ]


def test_the_members_own_segment_has_no_gap() -> None:
    first = [
        row for row in measure_gaps(SNAPSHOT, SEGMENT, MEMBERS).to_pylist() if row["segment"] == 1
    ]
    assert {row["ratio"] for row in first} == {1.0}


def test_what_nobody_of_a_segment_has_is_left_out() -> None:
    third = [
        row for row in measure_gaps(SNAPSHOT, SEGMENT, MEMBERS).to_pylist() if row["segment"] == 3
    ]
    assert {row["feature"] for row in third} == {"revenue_365d", "days_since_last"}


def test_without_members_there_is_nothing_to_compare_with() -> None:
    assert measure_gaps(SNAPSHOT, SEGMENT, np.zeros(5, dtype=np.bool_)).num_rows == 0

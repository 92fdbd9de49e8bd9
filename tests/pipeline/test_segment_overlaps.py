"""How many of each segment are in the programme or at high risk, as it is kept for later runs."""

import pyarrow as pa

from clientela.pipeline.segments import count_overlaps


def test_segments_keep_who_is_in_the_programme_and_at_risk() -> None:
    customers = pa.table(
        {
            "segment": [1, 1, 2, None],
            "insider": ["member", "leaving", "candidate", "member"],
            "churn_band": ["high", "low", None, "high"],
        }
    )
    counted = count_overlaps(pa.table({"segment": [1, 2]}), customers)
    assert counted.to_pylist() == [
        {"segment": 1, "members": 2, "high_risk": 1},
        {"segment": 2, "members": 0, "high_risk": 0},
    ]
    unscored = customers.set_column(2, "churn_band", pa.nulls(4, pa.string()))
    rows = count_overlaps(pa.table({"segment": [1, 2]}), unscored)
    assert rows["high_risk"].to_pylist() == [None, None]

"""Small runs to publish."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clientela.store.record import RunRecord
from clientela.store.schema import OF_A_RUN, segment_migrations
from tests.store.samples import sample

NOON = dt.datetime(2011, 12, 10, 12, tzinfo=dt.UTC)


def record(number: int, *, as_of: dt.date = dt.date(2011, 12, 9), **changes: Any) -> RunRecord:
    """Give the record of the run of a number."""
    values: dict[str, Any] = {
        "run_id": f"20111210T{number:06d}",
        "as_of": as_of,
        "started_at": NOON,
        "finished_at": NOON + dt.timedelta(seconds=number),
        "version": "0.1.0",
        "engine": "duckdb",
        "currency": "GBP",
        "timezone": "Europe/London",
        "data_hash": "d",
        "config_hash": "c",
        "model_id": None,
        "rows_in": 541_909,
        "rows_canonical": 541_000,
        "rows_quarantined": 900,
        "rows_already_held": 9,
        "customers": 4_372,
        "net_amount": 9_747_747.93,
        "unidentified_share": 0.15,
        "seconds": {"clean": 1.5},
        "summary": {"run_id": number},
    }
    return RunRecord(**values | changes)


def customers(count: int, *, segment: int = 0) -> pa.Table:
    """Give customers ``c000``, ``c001``… of one segment, in reverse order."""
    ids = [f"c{number:03d}" for number in reversed(range(count))]
    return pa.table(
        {
            "customer_id": ids,
            "segment": pa.array([segment] * count, pa.int64()),
            "segment_confidence": [0.5] * count,
            "rfm_segment": ["champions"] * count,
            "r_score": pa.array([5] * count, pa.int64()),
            "f_score": pa.array([4] * count, pa.int64()),
            "m_score": pa.array([3] * count, pa.int64()),
            "revenue": [float(each[1:]) for each in ids],
            "last_order_date": [dt.date(2011, 12, 9)] * count,
        }
    )


def segments(*numbers: int) -> pa.Table:
    """Give segments of these numbers."""
    return pa.table(
        {
            "segment": numbers,
            "name_en": [f"Segment {number}" for number in numbers],
            "name_pt_br": [f"Segmento {number}" for number in numbers],
            "description_en": ["They buy"] * len(numbers),
            "description_pt_br": ["Eles compram"] * len(numbers),
            "customers": [10] * len(numbers),
            "customers_share": [0.5] * len(numbers),
            "revenue": [Decimal("9747747.9301")] * len(numbers),
            "revenue_share": [0.25] * len(numbers),
            "profile": ['{"revenue": {"median": 1.5}}'] * len(numbers),
        }
    )


def everything(count: int = 3, *, segment: int = 0) -> dict[str, pa.Table]:
    """Give rows for every table of a run that has no forerunner."""
    samples = {table.name: sample(table) for table in OF_A_RUN if table is not segment_migrations}
    return samples | {
        "customers": customers(count, segment=segment),
        "segments": segments(segment),
        "models": pa.table(
            {"model_id": ["m"], "kind": ["segments"], "role": ["champion"], "card": ['{"k": 4}']}
        ),
        "metrics": pa.table(
            {
                "model_id": ["m"],
                "name": ["silhouette"],
                "value": [0.31],
                "low": [float("nan")],
                "high": [float("inf")],
                "detail": pa.nulls(1, pa.string()),
            }
        ),
        "quality": pa.table(
            {
                "table": ["transactions", "transactions"],
                "rule": ["read", "missing_customer"],
                "decision": pa.array([None, "keep"]),
                "rows": [541_909, 135_080],
                "customers": [4_372, 0],
                "amount": [Decimal("9747747.93"), Decimal("1447682.12")],
            }
        ),
        "quarantine": pa.table(
            {
                "source": ["sales.csv"],
                "source_row": [7],
                "rule": ["unparsed_date"],
                "customer_id": pa.nulls(1, pa.string()),
                "amount": pa.array([None], pa.decimal128(18, 4)),
                "line": ['a,"b"\n\\.'],
            }
        ),
        "no_purchases": pa.table(
            {
                "customer_id": ["r1"],
                "lines": [2],
                "returned_amount": [Decimal("5.5000")],
                "fees_amount": [Decimal("0")],
                "first_seen": [dt.date(2011, 1, 2)],
                "last_seen": [dt.date(2011, 3, 4)],
            }
        ),
        "revenue_by_month": pa.table(
            {
                "month": [dt.date(2011, 12, 1), dt.date(2011, 11, 1)],
                "gross": [Decimal("12.3456")] * 2,
                "returned": [Decimal("2.0000")] * 2,
                "net": [Decimal("10.3456")] * 2,
                "fees": [Decimal("0.0000")] * 2,
                "unidentified_amount": [Decimal("1.0000")] * 2,
                "unidentified_share": [0.1] * 2,
                "lines": [4] * 2,
                "orders": [2] * 2,
                "customers": [1] * 2,
            }
        ),
    }

"""A customer's row of the results, as JSON and as CSV."""

from collections.abc import Sequence
from typing import Any

import msgspec

from clientela.contract.features import FEATURE_COLUMNS
from clientela.i18n import Lang
from clientela.serving.results import Names
from clientela.serving.schemas import Customer
from clientela.store.read import Row
from clientela.store.record import RunRecord

FEATURES = tuple(column.name for column in FEATURE_COLUMNS)
SCORES = ("segment_confidence", "rfm_segment", "r_score", "f_score", "m_score")
PROGRAMME = ("insider", "insider_since")
CHURN = ("churn_probability", "churn_band", "churn_reasons")
VALUE = (
    "p_alive",
    "expected_orders",
    "expected_orders_low",
    "expected_orders_high",
    "expected_revenue",
    "expected_revenue_low",
    "expected_revenue_high",
    "likely_revenue",
    "clv",
    "next_order",
    "next_order_low",
    "next_order_high",
)
CSV_COLUMNS = (
    "run_id",
    "as_of",
    "customer_id",
    "segment",
    "segment_name",
    *SCORES,
    *FEATURES,
    "attributes",
    *PROGRAMME,
    *CHURN,
    *VALUE,
)


def customer_of(row: Row, names: Names, lang: Lang) -> Customer:
    """Make the answer's customer of a row."""
    parts = {
        "segment_name": name_of(row, names),
        "churn_reasons": reasons_of(row, lang),
        "features": msgspec.to_builtins({name: row[name] for name in FEATURES}),
        "attributes": _attributes(row),
    }
    return msgspec.convert(row | parts, Customer)


def cells_of(row: Row, names: Names, run: RunRecord, lang: Lang) -> Sequence[object]:
    """Give a row's cells in the order of ``CSV_COLUMNS``."""
    content = row | {"run_id": run.run_id, "as_of": run.as_of, "segment_name": name_of(row, names)}
    content["churn_reasons"] = reasons_of(row, lang)
    content["attributes"] = msgspec.json.encode(_attributes(row)).decode()
    return [content[column] for column in CSV_COLUMNS]


def name_of(row: Row, names: Names) -> str | None:
    """Give the name of a row's segment; None without a segment."""
    segment = row["segment"]
    return names.get(segment) if isinstance(segment, int) else None


def reasons_of(row: Row, lang: Lang) -> object:
    """Give the reasons of a row's churn probability in words; None where there are none."""
    return row[f"churn_reasons_{lang.lower()}"]


def _attributes(row: Row) -> dict[str, Any]:
    attributes = row["attributes"]
    return attributes if isinstance(attributes, dict) else {}

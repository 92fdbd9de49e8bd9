"""Customers at risk worth contacting, as the API tells them."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from clientela.i18n import Lang
from clientela.serving.results import Names
from clientela.store.read import Row


class AtRisk(msgspec.Struct):
    """A customer who may leave and is worth a contact."""

    customer_id: str
    churn_probability: Annotated[float | None, Meta(description="Probability of leaving")]
    churn_band: Annotated[str | None, Meta(description="low, medium or high")]
    expected_loss: Annotated[
        float | None,
        Meta(description="Probability times what the last year's pace promises in the horizon"),
    ]
    reasons: Annotated[str | None, Meta(description="What weighs most, in words")]
    segment: int | None
    segment_name: str | None
    insider: Annotated[str | None, Meta(description="Status in the programme")]
    revenue_365d: float | None
    orders_365d: int | None
    days_since_last: int | None
    expected_revenue: float | None
    clv: Annotated[float | None, Meta(description="Customer lifetime value")]
    next_order: Annotated[dt.date | None, Meta(description="Median day of the next order")]


class AtRiskPage(msgspec.Struct):
    """Some customers at risk, the largest expected loss first, and where the next ones begin."""

    run_id: str
    as_of: dt.date
    currency: str | None
    customers: list[AtRisk]
    next_cursor: Annotated[
        str | None, Meta(description="Pass as cursor for the next page; null on the last")
    ]


def at_risk_of(row: Row, names: Names, lang: Lang) -> AtRisk:
    """Make the answer of a row of ``customers``."""
    segment = row["segment"]
    told = {
        "segment_name": names.get(segment) if isinstance(segment, int) else None,
        "reasons": row[f"churn_reasons_{lang.lower()}"],
    }
    return msgspec.convert(row | told, AtRisk)

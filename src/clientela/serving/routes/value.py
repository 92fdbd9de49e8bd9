"""Value ahead: over which days it is forecast, who orders when, how few bring how much."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from clientela.contract.programme import MONTH_DAYS
from clientela.i18n import Lang
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store.filters import Filter
from clientela.store.read import Reader, Row
from clientela.store.record import RunRecord

TOTALS = ("known", "everyone")
SPENT = "revenue_365d"
NEXT_ORDER, NEXT_CHARGE = "next_order", "next_charge"
AheadOf = Literal["order", "charge"]
COLUMNS: dict[AheadOf, str] = {"order": NEXT_ORDER, "charge": NEXT_CHARGE}
AHEAD_DAYS, MOST_AHEAD_DAYS = 42, 366  # by convention: six weeks of a calendar, at most a year
SHARES = (*range(1, 10), *range(10, 20, 2), *range(20, 101, 5))
"""Per cent of customers at which the curve is known: close where few bring much."""

RevenueHorizon = derive_schema(
    "RevenueHorizon",
    "What customers are expected to spend within so many days, and what past dates say of it.",
    "value_forecast",
    *("customer_group", "days", "expected", "low", "high", "last_period", "last_year"),
    *("level", "hits", "dates", "measurable", "sentence"),
)
LifetimeHorizon = define_schema(
    "LifetimeHorizon",
    "The days over which customers are compared by their value; no total of them is forecast.",
    {"days": int, "discount_rate": Annotated[float, Meta(description="A year")]},
)
RevenueHorizons = define_schema(
    "RevenueHorizons",
    "Over which days revenue is forecast.",
    {"horizons": list_of(RevenueHorizon), "lifetime": LifetimeHorizon | None},
    MoneyStamp,
)
OrderDay = define_schema(
    "OrderDay",
    "Customers by the day up to which their next order is as likely as not, or of their charge.",
    {"day": dt.date, "customers": int},
)
OrderDays = define_schema(
    "OrderDays", "Next orders or charges, day by day.", {"days": list_of(OrderDay)}, MoneyStamp
)
TopShare = define_schema(
    "TopShare",
    "The customers who spent the most of a year: how many they are, and what they bring.",
    {
        "customers": int,
        "customers_share": float,
        "least": Annotated[float, Meta(description="What the last of them spent")],
        "revenue": float,
        "revenue_share": float | None,
    },
)
TopShares = define_schema(
    "TopShares", "How few customers bring how much.", {"shares": list_of(TopShare)}, MoneyStamp
)
AheadQuery = Annotated[
    AheadOf, QueryParameter(description="Days of next orders, or of next charges")
]
DaysQuery = Annotated[
    int, QueryParameter(description="So many days ahead", ge=1, le=MOST_AHEAD_DAYS)
]


@read(
    "/v1/value/horizons",
    right="aggregates",
    tag="Report",
    summary="Read over which days revenue is forecast",
    responses=answers(RevenueHorizons),
)
async def list_revenue_horizons(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return the totals that are forecast, by days: each is its own, none a part of another.

    Beside them the days of the lifetime value, over which no total is forecast.
    """
    language, results = check_language(request, lang), get_results(request)
    run = await results.read_run()
    rows = [_write_horizon(row, language) for row in await results.ask(read_horizons)]
    lifetime = find_lifetime(run)
    content = None if lifetime is None else LifetimeHorizon(*lifetime)
    return RawJsonResponse(RevenueHorizons(run.run_id, run.as_of, run.currency, rows, content))


def _write_horizon(row: Row, lang: Lang) -> msgspec.Struct:
    sentence = {"sentence": row[f"sentence_{lang.lower()}"]}
    return msgspec.convert({**row, **sentence}, RevenueHorizon)


def read_horizons(reader: Reader) -> list[Row]:
    """Read the forecasts of all customers by days: value's own, and those beside the programme."""
    rows = [row for row in reader.table("value_forecast").content if row["expected"] is not None]
    listed = {(row["days"], row["customer_group"]): row for row in rows}
    for row in reader.table("programme_forecast").content:
        days = cast(int, row["months"]) * MONTH_DAYS
        if row["expected"] is not None:
            listed.setdefault((days, row["customer_group"]), row | {"days": days})
    totals = [row for (_, group), row in listed.items() if group in TOTALS]
    return sorted(totals, key=lambda row: (row["days"], TOTALS.index(str(row["customer_group"]))))


def find_lifetime(run: RunRecord) -> tuple[int, float] | None:
    """Find the days of the lifetime value and its yearly discount; None without one."""
    facts = cast("Mapping[str, Any]", run.summary.get("value") or {})
    if facts.get("clv_days") is None or facts.get("discount_rate") is None:
        return None
    return int(facts["clv_days"]), float(facts["discount_rate"])


@read(
    "/v1/value/orders",
    right="lists",
    tag="Report",
    summary="Count the next orders by day",
    responses=answers(OrderDays, 400),
)
async def count_next_orders(
    request: AnyRequest, days: DaysQuery = AHEAD_DAYS, of: AheadQuery = "order"
) -> RawJsonResponse:
    """Return how many customers reach each day up to which their next order is as likely as not.

    Or how many are charged on each day, where customers have a contract and their days tell it.
    """
    reading = await get_filters(request).count_days(request, COLUMNS[of], days)
    run, rows = reading.run, msgspec.convert(reading.content, list[OrderDay])  # type: ignore[valid-type]
    return RawJsonResponse(OrderDays(run.run_id, run.as_of, run.currency, rows))


@read(
    "/v1/value/concentration",
    right="lists",
    tag="Report",
    summary="Read how few customers bring how much",
    responses=answers(TopShares),
)
async def list_top_shares(request: AnyRequest) -> RawJsonResponse:
    """Return the customers who spent most within a year, by shares of all, with their revenue."""
    run, rows = await read_top_shares(request)
    content = msgspec.convert(rows, list[TopShare])  # type: ignore[valid-type]
    return RawJsonResponse(TopShares(run.run_id, run.as_of, run.currency, content))


async def read_top_shares(
    request: AnyRequest, tree: Filter | None = None
) -> tuple[RunRecord, list[dict[str, float | None]]]:
    """Read the customers who spent the most within a year, fewest first."""
    shares = [share / 100 for share in SHARES]
    reading = await get_filters(request).list_shares(request, SPENT, shares, tree)
    counted = [(cast(int, row["customers"]), cast(float, row["amount"])) for row in reading.content]
    everybody, total = counted[-1] if counted else (0, 0.0)
    rows = [
        {
            "customers": customers,
            "customers_share": customers / everybody,
            "least": cast(float, row["least"]),
            "revenue": revenue,
            "revenue_share": revenue / total if total > 0 else None,
        }
        for row, (customers, revenue) in zip(reading.content, counted, strict=True)
    ]
    return reading.run, rows

"""What may be lost: by segment and risk, and by how far down the list at risk one goes."""

from collections.abc import Sequence
from typing import Annotated, cast

import msgspec
from msgspec import Meta

from clientela.serving.filtering import get_filters
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store.read import Row

RiskBand = define_schema(
    "RiskBand",
    "The customers of a segment whose risk of leaving is of one height.",
    {
        "segment": int | None,
        "segment_name": str | None,
        "churn_band": str,
        "customers": int,
        "revenue": Annotated[float, Meta(description="Net revenue so far")],
        "expected_loss": Annotated[
            float | None, Meta(description="Expected to be lost; null of who counts as gone")
        ],
    },
)
RiskBands = define_schema(
    "RiskBands",
    "Money at risk, by segment and risk of leaving.",
    {"bands": list_of(RiskBand)},
    MoneyStamp,
)
RiskThreshold = derive_schema(
    "RiskThreshold",
    "An expected loss from which on customers are contacted: today's list, and a past one.",
    "churn_contacts",
    "position",
    *("threshold", "contacts", "at_stake", "at_stake_low", "at_stake_high"),
    *("profit", "profit_low", "profit_high", "break_even_share", "chosen"),
    customers=Annotated[int, Meta(description="Of today's list, whom it reaches")],
    expected_loss=Annotated[float, Meta(description="What those may lose")],
)
RiskThresholds = define_schema(
    "RiskThresholds",
    "How far down the list one goes, and what that brings.",
    {"thresholds": list_of(RiskThreshold)},
    MoneyStamp,
)


@read(
    "/v1/churn/bands",
    right="lists",
    tag="Churn",
    summary="Read the money at risk by segment and risk",
    responses=answers(RiskBands),
)
async def list_risk_bands(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return customers, their revenue and what of it may be lost, by segment and risk."""
    reading = await get_filters(request).count_bands(request)
    run, language = reading.run, check_language(request, lang)
    names = await get_results(request).read_names(run.run_id, language)
    rows = [
        msgspec.convert(row | {"segment_name": names.get(cast(int, row["segment"]))}, RiskBand)
        for row in reading.content
    ]
    return RawJsonResponse(RiskBands(run.run_id, run.as_of, run.currency, rows))


@read(
    "/v1/churn/thresholds",
    right="lists",
    tag="Churn",
    summary="Read what it brings to go so far down the list at risk",
    responses=answers(RiskThresholds),
)
async def list_risk_thresholds(request: AnyRequest) -> RawJsonResponse:
    """Return for each expected loss whom of today it reaches, and what that brought before.

    What was at stake and the profit are of a list of the past, of whom it is known who left.
    """
    rows = await read_thresholds(request)
    run = await get_results(request).read_run()
    content = msgspec.convert(rows, list[RiskThreshold])  # type: ignore[valid-type]
    return RawJsonResponse(RiskThresholds(run.run_id, run.as_of, run.currency, content))


async def read_thresholds(request: AnyRequest) -> Sequence[Row]:
    """Read the thresholds of the published run with whom of today's list each reaches."""
    curve = await get_results(request).ask(lambda reader: reader.table("churn_contacts").content)
    rows = [row for row in curve if row["threshold"] is not None]
    amounts = [cast(float, row["threshold"]) for row in rows]
    reached = (await get_filters(request).count_reached(request, amounts)).content
    return [
        row | {"customers": today["customers"], "expected_loss": today["amount"]}
        for row, today in zip(rows, reached, strict=True)
    ]

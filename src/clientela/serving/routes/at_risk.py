"""Customers at risk worth contacting, page by page or as a file."""

import datetime as dt
from typing import Annotated

import msgspec
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.lists import AT_RISK
from clientela.serving.downloads import ContactsQuery, FormatQuery, ListDownload
from clientela.serving.listing import CursorQuery, LimitQuery, get_name, get_reasons
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery, SinceQuery
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import Names, get_results
from clientela.serving.schema import define_schema, derive_page, derive_schema
from clientela.store.past_lists import read_past_list
from clientela.store.read import Row

CustomerAtRisk = derive_schema(
    "CustomerAtRisk",
    "A customer who may leave and is to be contacted.",
    "customers",
    *("customer_id", "churn_probability", "churn_band", "contact_rank"),
    *("expected_revenue_if_active", "expected_revenue_churn_days", "expected_loss"),
    "expected_loss_margin",
    *(
        "reasons",
        "segment",
        "segment_name",
        "insider",
        "revenue_365d",
        "orders_365d",
        "days_since_last",
    ),
    *("expected_revenue", "expected_revenue_long", "clv", "next_order", "next_charge"),
    reasons=Annotated[str | None, Meta(description="The strongest reasons, in words")],
)
AtRiskPage = derive_page(
    "AtRiskPage",
    "Some customers at risk, the largest expected loss first, and where the next ones begin.",
    customers=CustomerAtRisk,
)


AtRiskFate = define_schema(
    "AtRiskFate",
    "What became of the customers whom an earlier run listed at risk.",
    {
        "since_run_id": str,
        "since": Annotated[dt.date, Meta(description="The day that run looked from")],
        "listed": Annotated[int, Meta(description="Of its customers, who may be listed today")],
        "bought": Annotated[int, Meta(description="Who ordered after that day")],
        "revenue": Annotated[float, Meta(description="What those spent since, net of returns")],
        "listed_again": Annotated[int, Meta(description="Who are on the list of today")],
        "gone": Annotated[int, Meta(description="Who count as lost today")],
    },
    MoneyStamp,
)


@read(
    "/v1/churn/at-risk",
    right="lists",
    tag="Churn",
    summary="Page through the customers at risk worth contacting, or take the list away",
    responses=answers(AtRiskPage, 404),
)
async def list_customers_at_risk(
    request: AnyRequest,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return customers at risk with probability, reasons and money at stake.

    They come in the order to contact them, those of the largest expected loss first.
    """
    return await ListDownload(AT_RISK, contacts=contacts).respond(
        request, AtRiskPage, _build_customer, limit, cursor, format, lang
    )


@read(
    "/v1/churn/at-risk/past",
    right="lists",
    tag="Churn",
    summary="Read what became of an earlier list of customers at risk",
    responses=answers(AtRiskFate, 404),
)
async def read_past_at_risk(
    request: AnyRequest,
    since: SinceQuery = None,
) -> RawJsonResponse:
    """Return how many of an earlier list bought since, for how much, and how many did not.

    Without `since` the list is that of a month before.
    """
    results = get_results(request)
    run = await results.read_run()
    row = await results.ask(lambda reader: read_past_list(reader, run.run_id, since), long=True)
    if row is None:
        raise NotFoundProblem(
            "no list of that time is kept", where="since", do="ask for another time"
        )
    stamp = {"run_id": run.run_id, "as_of": run.as_of, "currency": run.currency}
    return RawJsonResponse(msgspec.convert(stamp | row, AtRiskFate))


def _build_customer(row: Row, names: Names, lang: Lang) -> msgspec.Struct:
    texts = {"segment_name": get_name(row, names), "reasons": get_reasons(row, lang)}
    return msgspec.convert(row | texts, CustomerAtRisk)

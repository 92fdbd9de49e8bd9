"""What is predicted of customers' next steps, and who is likely to take one."""

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.lists import PROPENSITY
from clientela.serving.downloads import ContactsQuery, FormatQuery, ListDownload
from clientela.serving.listing import CursorQuery, LimitQuery, get_name
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import Names, get_results
from clientela.serving.schema import define_schema, derive_page, derive_schema, list_of
from clientela.store.read import Row

PropensityTarget = derive_schema(
    "PropensityTarget",
    "A step that customers may take next, and how well it was foreseen on past dates.",
    "propensity_targets",
)
TargetList = define_schema(
    "PropensityTargets",
    "The steps that are predicted; none unless [propensity] names some.",
    {"targets": list_of(PropensityTarget)},
    MoneyStamp,
)
LikelyCustomer = derive_schema(
    "LikelyCustomer",
    "A customer who could take a step, with the chance.",
    "customers",
    *("customer_id", "propensity", "expected_revenue", "segment", "segment_name", "insider"),
    *("revenue_365d", "orders_365d", "days_since_last", "last_order_date"),
    propensity=Annotated[float, Meta(ge=0, le=1, description="Probability of the step")],
)
LikelyPage = derive_page(
    "LikelyCustomers",
    "Some customers who could take a step, the likeliest first, and where the next ones begin.",
    customers=LikelyCustomer,
)
TARGET = "category:Furniture"
TargetQuery = Annotated[
    str,
    QueryParameter(
        description="insider, or category: and its name", schema_extra={"examples": [TARGET]}
    ),
]


@read(
    "/v1/propensity",
    right="aggregates",
    tag="Propensity",
    summary="List the steps that are predicted",
    responses=answers(TargetList),
)
async def list_propensity_targets(request: AnyRequest) -> RawJsonResponse:
    """Return what is predicted, how often it happened, and how well it was ranked before."""
    reading = await get_results(request).ask(lambda reader: reader.table("propensity_targets"))
    run = reading.run
    targets = [msgspec.convert(row, PropensityTarget) for row in reading.content]
    return RawJsonResponse(TargetList(run.run_id, run.as_of, run.currency, targets))


@read(
    "/v1/propensity/customers",
    right="lists",
    tag="Propensity",
    summary="Page through who is likely to take a step, or take the list away",
    responses=answers(LikelyPage, 404),
)
async def list_likely_customers(
    request: AnyRequest,
    target: TargetQuery,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return who could take the step, the likeliest first; nobody held out of campaigns."""
    return await ListDownload(PROPENSITY, target, contacts).respond(
        request, LikelyPage, _build_customer, limit, cursor, format, lang
    )


def _build_customer(row: Row, names: Names, lang: Lang) -> msgspec.Struct:
    return msgspec.convert(row | {"segment_name": get_name(row, names)}, LikelyCustomer)

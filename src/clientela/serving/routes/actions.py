"""Actions, and the customers whom each addresses, page by page or as a file."""

import datetime as dt
from functools import partial
from typing import Annotated, Literal, cast

import msgspec
from litestar.params import PathParameter
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.lists import ACTION
from clientela.serving.downloads import ContactsQuery, FormatQuery, ListDownload
from clientela.serving.listing import CursorQuery, LimitQuery
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.routes.customers import CustomerPage, build_customer
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store.action_states import read_action_states
from clientela.store.read import Row

FIELDS = (
    *("action_id", "action", "target", "segment", "position", "title", "text", "audience"),
    *("audience_rule", "amount_at_stake", "upside", "horizon_days", "peers", "peers_reached"),
    *("buyers_share", "smallest_buyers_share", "measure"),
)
ProposedAction = derive_schema(
    "ProposedAction",
    "What to do for a group of customers, and what it can bring.",
    "actions",
    *FIELDS,
    state=Annotated[
        Literal["open", "postponed", "done"], Meta(description="What people said of it")
    ],
    until=Annotated[dt.date | None, Meta(description="The day on which it is open again")],
)
ActionList = define_schema(
    "ActionList",
    "The actions of the published run, the largest upside first.",
    {"actions": list_of(ProposedAction)},
    MoneyStamp,
)
OPEN: Row = {"state": "open", "until": None}
ActionPath = Annotated[
    str, PathParameter(description="Id of the action", schema_extra={"examples": ["win-back-4"]})
]


@read(
    "/v1/actions",
    right="aggregates",
    tag="Actions",
    summary="List the actions, the largest upside first",
    responses=answers(ActionList),
)
async def list_actions(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return what to do for whom, what people of the same start gained, and how to measure it."""
    reading = await get_results(request).ask(lambda reader: reader.table("actions"))
    language, run = check_language(request, lang), reading.run
    rows = sorted(reading.content, key=lambda row: cast(int, row["position"]))
    today = dt.datetime.now(dt.UTC).date()
    read_states = partial(read_action_states, today=today)
    states = await get_results(request).ask(read_states)
    actions = [_build_action(row, states.get(str(row["action_id"])), language) for row in rows]
    return RawJsonResponse(ActionList(run.run_id, run.as_of, run.currency, actions))


@read(
    "/v1/actions/{action_id:str}/customers",
    right="lists",
    tag="Actions",
    summary="Page through the customers whom an action addresses, or take the list away",
    responses=answers(CustomerPage, 404),
)
async def list_action_customers(
    request: AnyRequest,
    action_id: ActionPath,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return the customers of an action, the largest expected revenue first."""
    return await ListDownload(ACTION, action_id, contacts).respond(
        request, CustomerPage, build_customer, limit, cursor, format, lang
    )


def _build_action(row: Row, state: Row | None, lang: Lang) -> msgspec.Struct:
    texts = {
        name: row[f"{name}_{lang.lower()}"]
        for name in ("title", "text", "audience_rule", "measure")
    }
    standing = {"state": state["state"], "until": state["until"]} if state else OPEN
    return msgspec.convert(row | texts | standing, ProposedAction)

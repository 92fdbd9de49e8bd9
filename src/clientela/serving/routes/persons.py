"""What a person may ask of the firm: to be erased, and what it holds of them."""

import datetime as dt
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import PathParameter
from msgspec import Meta

from clientela.contract.access import Caller
from clientela.serving.auth import require_caller, spend_look_up
from clientela.serving.openapi import answers, read, remove
from clientela.serving.path_ids import read_path_id
from clientela.serving.problems import AnyRequest, GoneProblem, NotFoundProblem, RequestError
from clientela.serving.recorder import note_list
from clientela.serving.request import to_stored_id
from clientela.serving.response import MoneyStamp, RawJsonResponse, RunStamp
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, list_of
from clientela.serving.standing import find_standing
from clientela.store.history import EXPERIMENT, HistoryEvent, read_events
from clientela.store.read import Row
from clientela.store.record import RunRecord

ErasureAnswer = define_schema(
    "ErasureAnswer",
    "A person who waits to be erased, and answers 410 from now on.",
    {
        "customer_id": str,
        "requested_at": Annotated[dt.datetime, Meta(description="UTC")],
        "requested_by": Annotated[str, Meta(description="Name of the key")],
    },
)


@remove(
    "/v1/customers/{customer_id:path}",
    "erase",
    "Persons",
    summary="Erase a person",
    responses=answers(ErasureAnswer, success=202),
)
async def erase_customer(
    request: AnyRequest,
    customer_id: Annotated[
        str,
        PathParameter(
            description="In any form, known or not: 17850 or 17850.0",
            schema_extra={"min_length": 1, "examples": ["17850"]},
        ),
    ],
) -> Response[Any]:
    """Queue a person's erasure, which cannot be undone.

    The person answers 410 at once and stands in no list. The data go at the end of the run at work
    or of the next one, or with `clientela forget --queued`, which prints the receipt.
    """
    caller = require_caller(request, "erase", "people are erased by keys alone")
    now = dt.datetime.now(dt.UTC)
    stored_id = await queue_erasure(request, read_path_id(customer_id), caller.name, now)
    return Response(ErasureAnswer(stored_id, now, caller.name), status_code=202)


async def queue_erasure(request: AnyRequest, written: str, by: str, now: dt.datetime) -> str:
    """Queue a person by an id in any form, note whom for the log, and return the id.

    Raises
    ------
    RequestError
        Nobody can have this id.
    """
    results = get_results(request)
    stored_id = to_stored_id(written, (await results.read_run()).id_form)
    if not stored_id:
        raise RequestError("this is nobody's id", where=written, do="check the id")
    await results.request_erasure(stored_id, by, now)
    note_list(request, [stored_id])
    return stored_id


Rows = dict[str, list[dict[str, Any]]]
PersonAnswer = define_schema(
    "PersonAnswer",
    "All that is held of a person.",
    {
        "ids": Annotated[list[str], Meta(description="The person's id, and as it was asked for")],
        "tables": Annotated[
            Rows, Meta(description="Rows by canonical table, where the server has the workspace")
        ],
        "results": Annotated[
            Rows,
            Meta(
                description="Rows by results table, of all kept runs, experiments and the programme"
            ),
        ],
        "sources": Annotated[list[str], Meta(description="Files that the tables were read from")],
    },
)


PlaceInSegment = define_schema(
    "PlaceInSegment",
    "A customer's place in the segment by one habit.",
    {
        "feature": Annotated[str, Meta(description="As features name it")],
        "own": Annotated[float, Meta(description="What this customer has")],
        "less": Annotated[float, Meta(description="Share of the segment that has less")],
        "more": Annotated[float, Meta(description="Share of the segment that has more")],
    },
)
StandingAnswer = define_schema(
    "StandingAnswer",
    "A customer beside those of the same segment.",
    {"customer_id": str, "segment": int | None, "standing": list_of(PlaceInSegment)},
    MoneyStamp,
)
PersonEvent = define_schema(
    "PersonEvent",
    "Something that happened to a person.",
    {
        "day": dt.date,
        "kind": Annotated[
            str,
            Meta(
                description="segment, experiment, campaign, tag, or a reason of the ledger of the"
                " programme"
            ),
        ],
        "about": Annotated[str | None, Meta(description="The experiment, campaign, tag or tier")],
        "before": Annotated[str | None, Meta(description="Number of the segment before")],
        "after": Annotated[
            str | None,
            Meta(description="That after, the experiment's arm, or the campaign's offer"),
        ],
    },
)
HistoryAnswer = define_schema(
    "HistoryAnswer",
    "What happened to a customer beside their orders, the latest first.",
    {"customer_id": str, "events": list_of(PersonEvent)},
    RunStamp,
)
PersonPath = Annotated[
    str,
    PathParameter(
        description="In any form: 17850 or 17850.0; slashes may stand as they are",
        schema_extra={"min_length": 1, "examples": ["17850"]},
    ),
]
CustomerOrder = define_schema(
    "CustomerOrder",
    "An order or return.",
    {
        "day": dt.date,
        "order_id": str,
        "kind": Annotated[str, Meta(description="sale or return")],
        "lines": int,
        "amount": Annotated[float, Meta(description="What was paid, or given back")],
        "products": Annotated[list[str], Meta(description="Its largest products")],
        "returns_order_id": Annotated[
            str | None, Meta(description="The order that a return belongs to")
        ],
    },
)
OrdersAnswer = define_schema(
    "OrdersAnswer",
    "A customer's orders and returns, the latest first.",
    {"customer_id": str, "orders": list_of(CustomerOrder)},
    MoneyStamp,
)


async def find_person(request: AnyRequest, written: str) -> tuple[RunRecord, Row]:
    """Find a customer of the published run by an id in any form, as one look-up.

    Raises
    ------
    GoneProblem
        They asked to be erased.
    NotFoundProblem
        There is nobody with this id.
    """
    results, run = get_results(request), await get_results(request).read_run()
    stored_id = to_stored_id(written, run.id_form)
    if await results.find_waiting([stored_id]):
        raise GoneProblem("this customer asked to be erased", where=stored_id)
    row = (await results.ask(lambda reader: reader.customer(stored_id))).content
    persons = [] if row is None else [stored_id]
    spend_look_up(request, [stored_id], 1 - len(persons), persons, run.customers)
    if row is None:
        raise NotFoundProblem(
            "no transaction on record has this id", where=stored_id, do="check the id"
        )
    return run, row


@read(
    "/v1/persons/{customer_id:str}/orders",
    right="person",
    tag="Persons",
    summary="List a customer's orders",
    responses=answers(OrdersAnswer, 404, 410),
)
async def list_orders(request: AnyRequest, customer_id: PersonPath) -> RawJsonResponse:
    """Return orders and returns up to the day of the run, where the server has the workspace."""
    run, row = await find_person(request, read_path_id(customer_id))
    stored_id = str(row["customer_id"])
    results = get_results(request)
    orders = await results.read_orders(request.app.state.workspace, stored_id, run.as_of)
    rows = msgspec.convert([order._asdict() for order in orders], list_of(CustomerOrder))
    return RawJsonResponse(OrdersAnswer(run.run_id, run.as_of, run.currency, stored_id, rows))


@read(
    "/v1/persons/{customer_id:str}/standing",
    right="person",
    tag="Persons",
    summary="Compare a customer with their segment",
    responses=answers(StandingAnswer, 404, 410),
)
async def get_standing(request: AnyRequest, customer_id: PersonPath) -> RawJsonResponse:
    """Return a customer's place in their segment by each habit; none in one of few customers.

    Both shares are those that certainly have less or more: whole hundredths, rounded down.
    """
    run, row = await find_person(request, read_path_id(customer_id))
    places = [place._asdict() for place in await find_standing(request, row)]
    content = {"customer_id": row["customer_id"], "segment": row["segment"], "standing": places}
    stamp = {"run_id": run.run_id, "as_of": run.as_of, "currency": run.currency}
    return RawJsonResponse(msgspec.convert(stamp | content, StandingAnswer))


async def read_history(request: AnyRequest, customer_id: str) -> list[HistoryEvent]:
    """Read what happened to a person; their arms of experiments for who may see lists of them."""
    read = partial(read_events, customer_id=customer_id)
    events = await get_results(request).ask(read, long=True)
    caller: Caller | None = request.scope.get("auth")
    sees_arms = caller is None or "lists" in caller.rights
    return [event for event in events if sees_arms or event.kind != EXPERIMENT]


@read(
    "/v1/persons/{customer_id:str}/history",
    right="person",
    tag="Persons",
    summary="List what happened to a customer",
    responses=answers(HistoryAnswer, 404, 410),
)
async def get_history(request: AnyRequest, customer_id: PersonPath) -> RawJsonResponse:
    """Return what changed for a customer beside their orders.

    Moves between segments are those between kept runs. Arms of experiments are told to who may
    see lists: at a till nobody should know who is held out.
    """
    run, row = await find_person(request, read_path_id(customer_id))
    stored_id = str(row["customer_id"])
    events = [event._asdict() for event in await read_history(request, stored_id)]
    content = {"customer_id": stored_id, "events": events}
    stamp = {"run_id": run.run_id, "as_of": run.as_of}
    return RawJsonResponse(msgspec.convert(stamp | content, HistoryAnswer))


@read(
    "/v1/persons/{customer_id:str}/data",
    right="personal_data",
    tag="Persons",
    summary="Give a person's data",
    responses=answers(PersonAnswer, 404, 410),
)
async def get_person(
    request: AnyRequest,
    customer_id: PersonPath,
) -> RawJsonResponse:
    """Return all that is held of a person, for access and portability (LGPD art. 18)."""
    return await give_data(request, read_path_id(customer_id))


async def give_data(request: AnyRequest, written: str) -> RawJsonResponse:
    """Return all that is held of a person by an id in any form, and note whom for the log.

    Raises
    ------
    GoneProblem
        They asked to be erased.
    NotFoundProblem
        Nothing is held.
    """
    require_caller(request, "personal_data", "people's data are shown to keys alone")
    results, run = get_results(request), await get_results(request).read_run()
    stored_id = to_stored_id(written, run.id_form)
    if await results.find_waiting([stored_id]):
        raise GoneProblem("this customer asked to be erased", where=stored_id)
    person = await results.collect_person(request.app.state.workspace, stored_id)
    if not person["tables"] and not person["results"]:
        raise NotFoundProblem("nothing is held of this person", where=stored_id, do="check the id")
    note_list(request, [stored_id])
    return RawJsonResponse(msgspec.convert(person, PersonAnswer))

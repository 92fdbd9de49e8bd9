"""New transactions: posted by a shop's system, stored in the inbox for the next run."""

import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

from litestar.concurrency import sync_to_thread
from msgspec import Meta

from clientela import config
from clientela.contract.access import Caller
from clientela.i18n import NO_CURRENCY
from clientela.serving.auth import require_caller
from clientela.serving.idempotency import KeyHeader, check_key
from clientela.serving.inbox import MOST_EVENTS, State, TransactionEvent, parse_events, store_events
from clientela.serving.openapi import answers, post
from clientela.serving.problems import AnyRequest, GoneProblem, NotFoundProblem
from clientela.serving.recorder import note_list
from clientela.serving.request import parse_body, read_own_body, to_stored_id
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_body, define_schema

TransactionBatch = define_body(
    "TransactionBatch",
    "Lines of orders.",
    {
        "events": Annotated[
            list[dict[str, Any]],
            Meta(min_length=1, max_length=MOST_EVENTS, description="Each is a TransactionEvent"),
        ]
    },
)


TransactionsReceipt = define_schema(
    "TransactionsReceipt",
    "Where a batch of events stands.",
    {
        "batch": Annotated[str, Meta(description="Name of its file in the inbox, without ending")],
        "events": Annotated[int, Meta(description="Lines in it, each line of an order once")],
        "state": Annotated[
            State, Meta(description="waiting for the next run, taken by one, or refused as a whole")
        ],
        "repeated": Annotated[
            bool, Meta(description="Whether it had come before; nothing was written")
        ],
    },
)


@post(
    "/v1/transactions",
    "transactions",
    "Transactions",
    TransactionBatch,
    summary="Append transactions",
    responses=answers(TransactionsReceipt, 404, 410, 422),
)
async def append_transactions(
    request: AnyRequest, idempotency_key: KeyHeader = None
) -> RawJsonResponse:
    """Store events for the next run, all of them or none.

    A batch is known by its key or its content, so it may be sent again; a line is known by its
    order and number, and the first to come stands. What was given back is a line of its own.
    """
    caller = require_caller(request, "transactions", "transactions are taken from keys alone")
    settings = cast(config.Serving, request.app.state.settings)
    if settings.inbox is None:
        raise NotFoundProblem("this server takes no transactions", do="set serving.inbox")
    check_key(idempotency_key)
    body = await read_own_body(request)
    raw_events = parse_body(body, TransactionBatch).events
    run = await get_results(request).read_run()
    currency = None if run.currency == NO_CURRENCY else run.currency
    events = parse_events(raw_events, currency, dt.datetime.now(dt.UTC))
    await _refuse_erased(request, events, run.id_form)
    key = _name_key(caller, idempotency_key)
    store = partial(store_events, Path(settings.inbox), events, currency, key)
    batch, state = await sync_to_thread(store)
    persons = sorted({to_stored_id(event.customer_id, run.id_form) for event in events})
    note_list(request, persons, batch=batch, events=len(events))
    answer = TransactionsReceipt(batch, len(events), state or "waiting", state is not None)
    return RawJsonResponse(answer)


def _name_key(caller: Caller, idempotency_key: str | None) -> str | None:
    """Name a request beyond all callers: two of them may choose one key."""
    return None if idempotency_key is None else f"{caller.caller_id} {idempotency_key}"


async def _refuse_erased(
    request: AnyRequest, events: Sequence[TransactionEvent], id_form: str
) -> None:
    """Refuse events of people who asked to be erased, or were."""
    ids = [to_stored_id(event.customer_id, id_form) for event in events]
    state = request.app.state
    erased = await get_results(request).find_erased(state.workspace, ids, state.firm.privacy)
    for index, stored_id in enumerate(ids):
        if stored_id in erased:
            raise GoneProblem(
                "this customer asked to be erased; none of the events was taken",
                where=f"events[{index}].customer_id",
                do="send the others without theirs",
            )

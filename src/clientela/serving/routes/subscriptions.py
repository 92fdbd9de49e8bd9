"""What one is told of regularly, or once a number is reached; everybody sees their own."""

import datetime as dt
from functools import partial
from typing import Annotated

import msgspec
from litestar.params import PathParameter

from clientela.contract.access import PERSON_PREFIX, Caller
from clientela.serving.auth import get_actor
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.openapi import answers, post, read, remove
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import parse_body, read_own_body
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store import subscriptions as store
from clientela.store.subscriptions import SubscriptionDraft, read_subscriptions

PATH = "/v1/subscriptions"
Subscription = derive_schema(
    "Subscription",
    "An audience or a saved view that one is told of.",
    "subscriptions",
    *("subscription_id", "subject", "every", "lang", "measure", "bound", "threshold"),
    *("created_at", "sent_at", "failure"),
)
SubscriptionList = define_schema(
    "SubscriptionList", "One's own, the oldest first.", {"subscriptions": list_of(Subscription)}
)


def find_owner(request: AnyRequest) -> str:
    """Return by whom a subscription is kept: a user's id, a key's, or this machine."""
    caller: Caller | None = request.scope.get("auth")
    return "local" if caller is None else caller.caller_id.removeprefix(PERSON_PREFIX)


@read(
    PATH,
    right="audiences",
    tag="Subscriptions",
    summary="List one's subscriptions",
    responses=answers(SubscriptionList),
)
async def list_subscriptions(request: AnyRequest) -> RawJsonResponse:
    """Return what one is told of, how often, and when it was sent last."""
    return await _respond(request)


@post(
    PATH,
    "audiences",
    "Subscriptions",
    SubscriptionDraft,
    summary="Subscribe to an audience or a view",
    responses=answers(SubscriptionList, 409, 422),
)
async def create_subscription(
    request: AnyRequest, idempotency_key: KeyHeader = None
) -> RawJsonResponse:
    """Be told each day, week or month, or once a count is reached: counts and a link, no names.

    Runs and `clientela subscriptions send` send it, by the channels of alerts.
    """
    body = await read_own_body(request)
    create = partial(
        get_results(request).change,
        store.subscribe,
        parse_body(body, SubscriptionDraft),
        find_owner(request),
        get_actor(request),
        dt.datetime.now(dt.UTC),
    )
    await create_once(request, idempotency_key, body, create)
    return await _respond(request)


@remove(
    PATH + "/{subscription_id:str}",
    "audiences",
    "Subscriptions",
    success=200,
    summary="Unsubscribe",
    responses=answers(SubscriptionList, 404),
)
async def remove_subscription(
    request: AnyRequest,
    subscription_id: Annotated[str, PathParameter(description="Id of the subscription")],
) -> RawJsonResponse:
    """End a subscription of one's own, and return those that are left."""
    owner = find_owner(request)
    if not await get_results(request).change(store.unsubscribe, subscription_id, owner):
        raise NotFoundProblem("you have no such subscription", where=subscription_id)
    return await _respond(request)


async def _respond(request: AnyRequest) -> RawJsonResponse:
    own = partial(read_subscriptions, user_id=find_owner(request))
    rows = msgspec.convert(await get_results(request).ask(own), list[Subscription])  # type: ignore[valid-type]
    return RawJsonResponse(SubscriptionList(rows))

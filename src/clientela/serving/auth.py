"""Authentication and content-type middleware: who asks, with the route's right, and in what form.

Keys come as ``Authorization: Bearer clk_…`` or ``X-API-Key: clk_…``, and a browser may send one as
the password of ``Authorization: Basic``. People log in and have a session. Both are checked in the
store with every request, so a revoked key and a disabled user are refused at once, and changed
roles hold at once. Neither is ever logged.
"""

import binascii
import datetime as dt
import time
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from clientela.contract.access import PERSON_ROLES, RIGHT_WORDS, RIGHTS, ROLES, Caller, Right
from clientela.serving import sessions
from clientela.serving.addresses import is_among, is_loopback, strip_port
from clientela.serving.budgets import Budgets
from clientela.serving.openapi import ANY
from clientela.serving.problems import (
    AnyRequest,
    ForbiddenProblem,
    LoginProblem,
    RequestError,
    UnauthenticatedProblem,
    UnsupportedMediaProblem,
)
from clientela.serving.results import Results
from clientela.store import keys

Headers = Mapping[bytes, bytes]
HOW = "send Authorization: Bearer clk_… or X-API-Key: clk_…; `clientela keys create` makes one"


def require_callers(app: ASGIApp) -> ASGIApp:
    """Wrap an application by the check of who asks, and of content types, before every route.

    ``results`` of its state holds keys, users and sessions, ``recorder`` writes down who asked,
    ``meter`` counts what is asked, and ``is_open`` says whether everybody may read as long as no
    key or user was ever created.
    """

    async def check_and_call(scope: Scope, receive: Receive, send: Send) -> None:
        options, state = scope["route_handler"].opt, scope["litestar_app"].state
        required, recorder = options.get("right"), state.recorder
        state.meter.begin()
        cast(Any, scope)["began"] = time.perf_counter()
        if required is not None:
            await _check_request(scope, receive)
            at_once = b"contacts=" in scope["query_string"] or options.get("form", False)
            send = recorder.record_answers(scope, send, required, at_once)
        elif options.get("login"):
            send = recorder.record_answers(scope, send, "login", at_once=True)
        await app(scope, receive, send)

    return check_and_call


async def _check_request(scope: Scope, receive: Receive) -> None:
    """Check who asks, from where, in what form and with what right; a refusal is written down."""
    headers, address = dict(scope["headers"]), _get_address(scope)
    state = scope["litestar_app"].state
    options = scope["route_handler"].opt
    try:
        _check_transport(scope, headers)
        scope["auth"] = caller = await _find_caller(state.results, scope, headers, state.is_open)
        if caller is not None:
            _check_network(caller, address)
            if options["right"] != ANY:
                _check_right(caller, headers, options["right"])
        if caller is not None and caller.is_person:
            await sessions.check_forgery(scope, receive, caller)
        elif options.get("form"):
            raise _ask_for_login(scope, "this is for people who log in")
        if scope["type"] == ScopeType.HTTP and scope["method"] in ("POST", "PATCH", "PUT"):
            _check_media(headers, sessions.FORM if options.get("form") else b"application/json")
    except RequestError as error:
        await state.recorder.record_refusal(scope, error)
        raise


async def _find_caller(
    results: Results, scope: Scope, headers: Headers, is_open: bool
) -> Caller | None:
    """Return who asks, by a key or a session; None where everybody may ask."""
    secret = find_secret(headers)
    if secret is not None:
        return await _check_key(results, headers, secret)
    person = await sessions.find_person(results, scope, dt.datetime.now(dt.UTC))
    if person is not None:
        return person
    if is_open and not await results.ask(lambda reader: reader.has_callers()):
        _check_local(headers)
        return None
    if _wants_page(headers) and await results.ask(lambda reader: reader.has_users()):
        raise _ask_for_login(scope, "nobody is logged in")
    raise UnauthenticatedProblem(
        "no API key came with the request", do=HOW, headers=_build_challenge(headers)
    )


def _ask_for_login(scope: Scope, why: str) -> LoginProblem:
    query = scope["query_string"].decode("latin-1")
    path = scope["path"] + (f"?{query}" if query else "")
    return LoginProblem(why, do="log in and try again", target=path)


def _wants_page(headers: Headers) -> bool:
    return b"text/html" in headers.get(b"accept", b"") or b"hx-request" in headers


def _get_address(scope: Scope) -> str:
    client = scope["client"]
    return client[0] if client else ""


def _check_transport(scope: Scope, headers: Headers) -> None:
    """Raise if a browser's password came over the network in plain text.

    Programs choose what they send; a browser sends a password again with every page.
    """
    basic = headers.get(b"authorization", b"")[:6].lower() == b"basic "
    if basic and not sessions.is_private(scope):
        raise UnauthenticatedProblem(
            "a password beyond this machine needs HTTPS",
            do="put a proxy with HTTPS in front and name it in serving.proxies",
            headers=_build_challenge({}),  # a browser that is asked again would send it again
        )


def _check_network(caller: Caller, address: str) -> None:
    if caller.networks and not is_among(address, caller.networks):
        raise ForbiddenProblem(
            f"the key {caller.caller_id} may not be used from this address",
            do="use it from the networks it was created for",
        )


def check_right(request: AnyRequest, right: Right) -> None:
    """Raise if the caller lacks a right that the request needs beside the route's.

    Raises
    ------
    ForbiddenProblem
        It does.
    """
    caller: Caller | None = request.scope.get("auth")
    if caller is not None:
        _check_right(caller, dict(request.scope["headers"]), right)


def spend_look_up(
    request: AnyRequest,
    ids: Sequence[object],
    unknown: int,
    persons: Sequence[str],
    customers: int,
) -> None:
    """Count and note the persons that an answer is about to show, and count ids that nobody has.

    Parameters
    ----------
    ids : sequence
        What was asked for.
    unknown : int
        How many of them nobody has.
    persons : sequence of str, or str
        Ids of those who are shown, or their names in the access log.
    customers : int
        How many the base has.

    Raises
    ------
    ForbiddenProblem
        They are several, and the caller may see one at a time.
    BudgetProblem
        The caller's day is over.
    """
    scope: Any = request.scope
    scope["persons"] = persons  # for the access log
    if len(ids) > 1:
        check_right(request, "persons")
    caller: Caller | None = request.scope.get("auth")
    if caller is not None:
        budgets = cast(Budgets, request.app.state.budgets)
        now = dt.datetime.now(dt.UTC)
        try:
            budgets.spend(caller, len(ids) - unknown, unknown, customers, now)
        finally:
            scope["ratelimit"] = budgets.describe(caller, customers, now)


def get_actor(request: AnyRequest) -> str:
    """Name who asks, for records: a person, a key, or this machine where neither exists."""
    caller: Caller | None = request.scope.get("auth")
    return "local" if caller is None else caller.name


def check_contacts(request: AnyRequest) -> None:
    """Raise unless the caller may see contact data."""
    require_caller(request, "contacts", "contact data are shown to keys alone")


def require_caller(request: AnyRequest, right: Right, why: str) -> Caller:
    """Return who asks, who must have a right, even where all else is open here.

    Raises
    ------
    UnauthenticatedProblem
        It is anybody, and that is refused for a reason.
    ForbiddenProblem
        They lack the right.
    """
    caller: Caller | None = request.scope.get("auth")
    headers = dict(request.scope["headers"])
    if caller is None:
        raise UnauthenticatedProblem(why, do=HOW, headers=_build_challenge(headers))
    _check_right(caller, headers, right)
    return caller


async def _check_key(results: Results, headers: Headers, secret: str) -> Caller:
    now = dt.datetime.now(dt.UTC)
    key = await results.ask(lambda reader: keys.check(reader, secret, now))
    if key is None:
        raise UnauthenticatedProblem(
            "the API key is unknown, has ended or was revoked",
            do=HOW,
            headers=_build_challenge(headers, "invalid_token"),
        )
    return key


def _check_right(caller: Caller, headers: Headers, required: Right) -> None:
    if required in caller.rights:
        return
    roles = PERSON_ROLES if caller.is_person else ROLES
    holders = ", ".join(role for role in roles if required in RIGHTS[role])
    if caller.is_person:
        raise ForbiddenProblem(
            f"none of your roles allows this: {RIGHT_WORDS[required]}",
            do=f"ask an administrator for one of these roles: {holders}",
        )
    raise ForbiddenProblem(
        f"the key {caller.caller_id} lacks the right '{required}'",
        do=f"use a key of one of these roles: {holders}",
        headers=_build_challenge(headers, "insufficient_scope", required),
    )


def _build_challenge(headers: Headers, error: str = "", scope: str = "") -> dict[str, str]:
    """Say how to authenticate: programs by RFC 6750, pages in a browser by RFC 7617.

    A browser asks its user for the key only where it opens a page or a file, not where a script
    of the documentation asks.
    """
    if b"text/html" in headers.get(b"accept", b""):
        return {"www-authenticate": 'Basic realm="clientela", charset="UTF-8"'}
    facts = {"realm": "clientela", "error": error, "scope": scope}
    parts = ", ".join(f'{name}="{value}"' for name, value in facts.items() if value)
    return {"www-authenticate": f"Bearer {parts}"}


def find_secret(headers: Headers) -> str | None:
    """Find the key among the headers.

    Examples
    --------
    >>> find_secret({b"authorization": b"Bearer clk_1_a"}), find_secret({b"x-api-key": b"clk_2_b"})
    ('clk_1_a', 'clk_2_b')
    >>> find_secret({b"authorization": b"Basic YW5hOmNsa18zX2M="})
    'clk_3_c'
    """
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"basic":
        token = _extract_password(token)
    elif scheme.lower() != b"bearer":
        token = headers.get(b"x-api-key", b"")
    return token.strip().decode("latin-1") or None


def _extract_password(credentials: bytes) -> bytes:
    """Return the password of a user and password; who the user claims to be does not matter."""
    try:
        return b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _check_local(headers: Headers) -> None:
    """Raise if the name is foreign: a page in a browser may make its own name lead to loopback."""
    host = headers.get(b"host", b"").decode("latin-1")
    if not is_loopback(strip_port(host)):
        raise ForbiddenProblem(
            f"without an API key only loopback names are served, not '{host}'",
            do="create a key with `clientela keys create`, or ask by 127.0.0.1",
        )


def _check_media(headers: Headers, expected: bytes) -> None:
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != expected:
        raise UnsupportedMediaProblem(
            f"the body is declared as '{media.decode('latin-1') or 'nothing'}'",
            do=f"send Content-Type: {expected.decode('ascii')}",
        )

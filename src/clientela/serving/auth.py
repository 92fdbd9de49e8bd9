"""Authentication and content-type middleware: a key with the route's right, and JSON.

Keys come as ``Authorization: Bearer clk_…`` or ``X-API-Key: clk_…``; a browser asks its user and
sends the key as the password of ``Authorization: Basic``. They are checked in the store with every
request, so a revoked one is refused at once. They are never logged.
"""

import binascii
import datetime as dt
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from clientela.contract.access import RIGHTS, ROLES, UNKNOWN_COST, Right
from clientela.serving.addresses import is_among, is_loopback, strip_port
from clientela.serving.budgets import Budgets
from clientela.serving.problems import (
    AnyRequest,
    ForbiddenProblem,
    RequestError,
    UnauthenticatedProblem,
    UnsupportedMediaProblem,
)
from clientela.serving.recorder import Recorder
from clientela.serving.results import Results
from clientela.store import keys

Headers = Mapping[bytes, bytes]
HOW = "send Authorization: Bearer clk_… or X-API-Key: clk_…; `clientela keys create` makes one"


def require_keys(
    results: Results, recorder: Recorder, *, open_without_keys: bool
) -> Callable[[ASGIApp], ASGIApp]:
    """Build the middleware that checks keys and content types before every route.

    Parameters
    ----------
    results : Results
        Holds the keys.
    recorder : Recorder
        Writes down who asked.
    open_without_keys : bool
        Whether everybody may read as long as no key was ever created: on loopback alone.
    """

    def wrap(app: ASGIApp) -> ASGIApp:
        async def check_and_call(scope: Scope, receive: Receive, send: Send) -> None:
            required = scope["route_handler"].opt.get("right")
            if required is not None:
                await _check_request(results, recorder, scope, required, open_without_keys)
                headers = dict(scope["headers"])
                if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
                    _check_json(headers)
                at_once = b"contacts=" in scope["query_string"]
                send = recorder.record_answers(scope, send, required, at_once)
            await app(scope, receive, send)

        return check_and_call

    return wrap


async def _check_request(
    results: Results, recorder: Recorder, scope: Scope, required: Right, open_without_keys: bool
) -> None:
    """Check the key, where it comes from and what it may do; a refusal is written down."""
    headers, address = dict(scope["headers"]), _get_address(scope)
    try:
        _check_transport(scope, headers, address)
        scope["auth"] = key = await _find_key(results, headers, open_without_keys)
        if key is not None:
            _check_network(key, address)
            _check_right(key, headers, required)
    except RequestError as error:
        await recorder.record_refusal(scope, error)
        raise


async def _find_key(results: Results, headers: Headers, open_without_keys: bool) -> keys.Key | None:
    """Return the key of a request; None where everybody may ask."""
    secret = find_secret(headers)
    if secret is not None:
        return await _check_key(results, headers, secret)
    if not open_without_keys or await results.ask(lambda reader: reader.has_keys()):
        raise UnauthenticatedProblem(
            "no API key came with the request", do=HOW, headers=_build_challenge(headers)
        )
    _check_local(headers)
    return None


def _get_address(scope: Scope) -> str:
    client = scope["client"]
    return client[0] if client else ""


def _check_transport(scope: Scope, headers: Headers, address: str) -> None:
    """Raise if a browser's password came over the network in plain text.

    Programs choose what they send; a browser sends a password again with every page.
    """
    basic = headers.get(b"authorization", b"")[:6].lower() == b"basic "
    if basic and scope["scheme"] != "https" and not is_loopback(address):
        raise UnauthenticatedProblem(
            "a password beyond this machine needs HTTPS",
            do="put a proxy with HTTPS in front and name it in serving.proxies",
            headers=_build_challenge({}),  # a browser that is asked again would send it again
        )


def _check_network(key: keys.Key, address: str) -> None:
    if key.networks and not is_among(address, key.networks):
        raise ForbiddenProblem(
            f"the key {key.key_id} may not be used from this address",
            do="use it from the networks it was created for",
        )


def check_right(request: AnyRequest, right: Right) -> None:
    """Raise if the request's key lacks a right that the request needs beside the route's.

    Raises
    ------
    ForbiddenProblem
        It does.
    """
    key: keys.Key | None = request.scope.get("auth")
    if key is not None:
        _check_right(key, dict(request.scope["headers"]), right)


def spend_look_up(
    request: AnyRequest, ids: Sequence[object], unknown: int, persons: Sequence[str]
) -> None:
    """Count and note the persons that an answer is about to show, and count ids that nobody has.

    Raises
    ------
    ForbiddenProblem
        They are several, and the key may see one at a time.
    BudgetProblem
        The key's day is over.
    """
    scope: Any = request.scope
    scope["persons"] = persons  # for the access log
    if len(ids) > 1:
        check_right(request, "persons")
    key: keys.Key | None = request.scope.get("auth")
    if key is not None:
        budgets = cast(Budgets, request.app.state.budgets)
        cost = len(ids) + unknown * (UNKNOWN_COST - 1)
        budgets.spend(key, cost, dt.datetime.now(dt.UTC))


def check_contacts(request: AnyRequest) -> None:
    """Raise unless the request came with a key that may see contact data."""
    require_key(request, "contacts", "contact data are shown to keys alone")


def require_key(request: AnyRequest, right: Right, why: str) -> keys.Key:
    """Return the request's key, which must have a right, even where all else is open here.

    Raises
    ------
    UnauthenticatedProblem
        There is none, for a reason.
    ForbiddenProblem
        It lacks the right.
    """
    key: keys.Key | None = request.scope.get("auth")
    headers = dict(request.scope["headers"])
    if key is None:
        raise UnauthenticatedProblem(why, do=HOW, headers=_build_challenge(headers))
    _check_right(key, headers, right)
    return key


async def _check_key(results: Results, headers: Headers, secret: str) -> keys.Key:
    now = dt.datetime.now(dt.UTC)
    key = await results.ask(lambda reader: keys.check(reader, secret, now))
    if key is None:
        raise UnauthenticatedProblem(
            "the API key is unknown, has ended or was revoked",
            do=HOW,
            headers=_build_challenge(headers, "invalid_token"),
        )
    return key


def _check_right(key: keys.Key, headers: Headers, required: Right) -> None:
    if required not in key.rights:
        holders = ", ".join(role for role in ROLES if required in RIGHTS[role])
        raise ForbiddenProblem(
            f"the key {key.key_id} lacks the right '{required}'",
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


def _check_json(headers: Headers) -> None:
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media != b"application/json":
        raise UnsupportedMediaProblem(
            f"the body is declared as '{media.decode('latin-1') or 'nothing'}'",
            do="send Content-Type: application/json",
        )

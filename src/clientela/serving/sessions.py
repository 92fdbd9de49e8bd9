"""Sessions of people in a browser: the cookie, what its forms must carry, and where it may go.

Over HTTPS the cookie is ``__Host-clientela``, ``Secure``: no other host, path or plain answer can
set it. Over plain HTTP there are sessions on this machine alone, by ``clientela``. Each request
that may change something carries the session's token against forgery (CSRF), a form as its field
``csrf``, a script as the header ``X-CSRF-Token``, and must not come from another site.
"""

import asyncio
import datetime as dt
import hmac
import sys
from collections.abc import Mapping
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from litestar.concurrency import sync_to_thread
from litestar.datastructures import Cookie, FormMultiDict
from litestar.enums import ScopeType
from litestar.types import Receive, Scope

from clientela.contract.access import Caller
from clientela.errors import ClientelaError
from clientela.serving.addresses import is_loopback, strip_port
from clientela.serving.problems import AnyRequest, ForbiddenProblem, RequestError
from clientela.serving.request import read_body
from clientela.serving.results import Results
from clientela.store import users
from clientela.telemetry import logger

Headers = Mapping[bytes, bytes]
SECURE_COOKIE, LOCAL_COOKIE = "__Host-clientela", "clientela"
FORM = b"application/x-www-form-urlencoded"
FORM_BYTES = 65_536  # by convention: a long text and some fields
MOST_FIELDS = 500  # by convention: more than any page has boxes
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"forwarded")
# Renewals under way: a task that nobody holds may be thrown away
_renewals: set[asyncio.Task[None]] = set()


def is_private(scope: Scope) -> bool:
    """Return whether nobody on the way can read a request: HTTPS, or this machine alone.

    A proxy on this machine that is not named in ``serving.proxies`` is told by its headers.
    """
    if scope["scheme"] == "https":
        return True
    headers, client = dict(scope["headers"]), scope["client"]
    host = strip_port(headers.get(b"host", b"").decode("latin-1"))
    local = client is not None and is_loopback(client[0]) and is_loopback(host)
    return local and not any(name in headers for name in FORWARDED)


def find_token(scope: Scope) -> str | None:
    """Return the token of a request's session; the cookie for HTTPS counts over HTTPS alone."""
    return find_cookie(scope, _name_cookie(scope))


def find_cookie(scope: Scope, name: str) -> str | None:
    """Return the first cookie of a name."""
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, content = pair.strip().partition("=")
                if key == name:
                    return content
    return None


def build_cookie(scope: Scope, value: str, *, name: str = "", max_age: int = 0) -> Cookie:
    """Return the cookie of a session, or of a step of logging in; without a value it ends one."""
    secure = scope["scheme"] == "https"
    key = name or _name_cookie(scope)
    return Cookie(key=key, value=value, secure=secure, httponly=True, max_age=max_age)


async def find_person(results: Results, scope: Scope, now: dt.datetime) -> Caller | None:
    """Return the person whose session a request belongs to, and put off its end where it is due."""
    token = find_token(scope)
    if token is None or not is_private(scope):
        return None
    session = await results.ask(lambda reader: users.check_session(reader, token, now))
    if session is None:
        return None
    caller, renew_since = session
    if renew_since is not None:
        task = asyncio.create_task(_renew(results, token, now, renew_since))
        _renewals.add(task)
        task.add_done_callback(_renewals.discard)
    return caller


async def _renew(results: Results, token: str, now: dt.datetime, since: dt.datetime) -> None:
    """Put off the end of a session beside its request, which must not wait for a run's lock."""
    try:
        await sync_to_thread(partial(users.renew_session, results.url, token, now, since))
    except ClientelaError as error:  # the next request tries again
        logger(sys.stderr).warning("session_not_renewed", why=str(error))


async def check_forgery(scope: Scope, receive: Receive, caller: Caller) -> None:
    """Raise unless a request that may change something was meant by the person; keep its form.

    Raises
    ------
    ForbiddenProblem
        It comes from another site, or lacks the session's token.
    """
    if scope["type"] != ScopeType.HTTP or scope["method"] in SAFE_METHODS:
        return
    headers = dict(scope["headers"])
    check_origin(scope)
    token = headers.get(b"x-csrf-token", b"").decode("latin-1")
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == FORM:
        form = await read_form(receive)
        token = str(form.get("csrf", token))
        cast(Any, scope)["form"] = form
    compare_token(token, caller.csrf)


def compare_token(sent: str, expected: str) -> None:
    """Raise unless a form carries the token that it was made with."""
    if not hmac.compare_digest(sent.encode("utf-8", "surrogatepass"), expected.encode()):
        raise ForbiddenProblem(
            "the form is out of date", do="load the page again, and send the form once more"
        )


def check_origin(scope: Scope) -> None:
    """Raise if a page of another site sent the request; browsers say which did."""
    headers = dict(scope["headers"])
    site, origin = headers.get(b"sec-fetch-site"), headers.get(b"origin")
    foreign = site is not None and site not in (b"same-origin", b"none")
    if origin is not None:
        host = urlsplit(origin.decode("latin-1")).netloc
        foreign = foreign or host != headers.get(b"host", b"").decode("latin-1")
    if foreign:
        raise ForbiddenProblem(
            "the form was sent by a page of another site", do="open the page here and send it there"
        )


async def read_form(receive: Receive) -> FormMultiDict:
    """Read the form of a request.

    Raises
    ------
    RequestError
        It is too large, or cannot be read.
    """
    body = await read_body(receive, FORM_BYTES)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise RequestError("the form cannot be read", where="body") from None
    return FormMultiDict(pairs)


def get_form(request: AnyRequest) -> FormMultiDict:
    """Return the form of a request, once its token was checked; empty where none came."""
    form: FormMultiDict = cast(Any, request.scope).get("form") or FormMultiDict()
    return form


def get_csrf(request: AnyRequest) -> str:
    """Return what the forms of a page must carry as ``csrf``; empty where nobody logged in."""
    caller: Caller | None = request.scope.get("auth")
    return caller.csrf if caller is not None else ""


def _name_cookie(scope: Scope) -> str:
    return SECURE_COOKIE if scope["scheme"] == "https" else LOCAL_COOKIE

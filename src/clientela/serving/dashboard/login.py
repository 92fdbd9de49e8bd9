"""Logging in and out, and one's own password."""

import asyncio
import datetime as dt
import hmac
import secrets
import time
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import Redirect

from clientela.contract.access import PERSON_PREFIX, Caller
from clientela.errors import InputError
from clientela.i18n import t
from clientela.serving import sessions
from clientela.serving.dashboard.frame import HOME, find_start
from clientela.serving.dashboard.plain import (
    check_target,
    read_language,
    render_plain,
)
from clientela.serving.openapi import ANY, read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.results import Results, get_results
from clientela.serving.throttle import Throttle, ThrottleProblem
from clientela.store import users
from clientela.store.row_types import UserRow

LOGIN_COOKIE = "clientela-login"
TOKEN_BYTES = 32  # 256 bits: no guess in any time
LOGIN_SECONDS = 3_600  # by convention: how long the form may stand open
SESSION_SECONDS = users.MOST_SESSION_DAYS * 86_400
# Each takes 64 MB and a core for some 60 ms; more at once would take turns anyway
MOST_HASHING = 2


class Logins:
    """What logging in shares: tries so far, and how many passwords are checked at once."""

    def __init__(self) -> None:
        self.throttle = Throttle()
        self._hashing = asyncio.Semaphore(MOST_HASHING)

    async def authenticate(self, user: UserRow | None, password: str) -> bool:
        """Check a password in a thread."""
        async with self._hashing:
            return await sync_to_thread(partial(users.authenticate, user, password))


@read(HOME + "/login")
async def show_login(request: AnyRequest) -> Response[str]:
    """Show the form to log in."""
    return await _show_form(request, check_target(request.query_params.get("next") or ""))


@submit(HOME + "/login", right=None)
async def log_in(request: AnyRequest) -> Response[Any]:
    """Begin a session, always a new one, where the password is right."""
    scope = request.scope
    if not sessions.is_private(scope):
        return await _show_form(request, "")
    sessions.check_origin(scope)
    form = await sessions.read_form(request.receive)
    target, user_id = check_target(str(form.get("next", ""))), str(form.get("user", ""))
    sent = sessions.find_cookie(scope, LOGIN_COOKIE) or ""
    if not sent or not hmac.compare_digest(sent.encode(), str(form.get("csrf", "")).encode()):
        return await _show_form(request, target, "stale", status=403, user_id=user_id)
    try:
        caller = await _find_user(request, user_id, str(form.get("password", "")))
    except ThrottleProblem as error:
        return await _show_form(
            request, target, "throttled", status=429, user_id=user_id, headers=error.headers
        )
    if caller is None:
        return await _show_form(request, target, "wrong", status=401, user_id=user_id)
    return await begin_session(request, caller, target)


async def begin_session(request: AnyRequest, caller: Caller, target: str) -> Response[Any]:
    """Begin a session of a person who proved who they are; the browser's former one ends."""
    scope, url = request.scope, get_results(request).url
    former = sessions.find_token(scope)
    if former:
        await sync_to_thread(partial(users.close_session, url, former))
    user_id = caller.caller_id.removeprefix(PERSON_PREFIX)
    now = dt.datetime.now(dt.UTC)
    token = await sync_to_thread(partial(users.open_session, url, user_id, now))
    cast(Any, scope)["auth"] = caller  # for the access log
    cookies = (
        sessions.build_cookie(scope, token, max_age=SESSION_SECONDS),
        sessions.build_cookie(scope, "", name=LOGIN_COOKIE),
    )
    return Redirect(f"../{target or find_start(caller)}", status_code=303, cookies=cookies)


@submit(HOME + "/logout", right=ANY)
async def log_out(request: AnyRequest) -> Response[Any]:
    """End the session at once."""
    token = sessions.find_token(request.scope) or ""
    await sync_to_thread(partial(users.close_session, get_results(request).url, token))
    query = f"?lang={read_language(request)}&out=1"
    cookies = (sessions.build_cookie(request.scope, ""),)
    return Redirect(f"login{query}", status_code=303, cookies=cookies)


async def _find_user(request: AnyRequest, raw_id: str, password: str) -> Caller | None:
    """Return whose id and password they are; None where they are not, whatever the reason."""
    scope, logins = request.scope, cast(Logins, request.app.state.logins)
    results: Results = get_results(request)
    try:
        user_id = users.normalise_user_id(raw_id)
    except InputError:
        user_id = ""
    address = scope["client"][0] if scope["client"] else ""
    user = await results.ask(lambda reader: reader.user(user_id))
    if user is not None:
        cast(Any, scope)["refused"] = PERSON_PREFIX + user_id  # for the access log
    logins.throttle.count(user_id, address, time.monotonic())
    if not await logins.authenticate(user, password):
        return None
    logins.throttle.forgive(user_id, address)
    return users.build_caller(user) if user is not None else None


async def _show_form(
    request: AnyRequest,
    target: str,
    why: str = "",
    *,
    status: int = 200,
    user_id: str = "",
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """Show the form, with what went wrong before."""
    scope, lang = request.scope, read_language(request)
    is_private = sessions.is_private(scope)
    token = sessions.find_cookie(scope, LOGIN_COOKIE) or secrets.token_urlsafe(TOKEN_BYTES)
    cookie = sessions.build_cookie(scope, token, name=LOGIN_COOKIE, max_age=LOGIN_SECONDS)
    has_users = await get_results(request).ask(lambda reader: reader.has_users())
    if not is_private:
        status, why = 403, "insecure"
    elif not has_users:
        why = "nobody"
    return render_plain(
        request,
        "login",
        status=status,
        headers=headers,
        cookies=(cookie,) if is_private else (),
        title=t("login.title", lang),
        why=why,
        has_left="out" in request.query_params,
        can_log_in=is_private and has_users,
        csrf=token,
        target=target,
        user_id=user_id,
    )

"""Logging in and out, and one's own password."""

import asyncio
import datetime as dt
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
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
    find_root,
    read_language,
    render_plain,
)
from clientela.serving.oidc import Provider
from clientela.serving.openapi import ANY, read, submit
from clientela.serving.problems import AnyRequest, ForbiddenProblem, NotFoundProblem
from clientela.serving.results import Results, get_results
from clientela.serving.throttle import Throttle, ThrottleProblem
from clientela.store import users
from clientela.store.row_types import UserRow

LOGIN_COOKIE, STEP_COOKIE = "clientela-login", "clientela-oidc"
STEP_SECONDS = 600  # by convention: how long somebody takes to log in elsewhere
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
    address = f"{find_root(request)}{check_target(target) or find_start(caller)}"
    return Redirect(address, status_code=303, cookies=cookies)


@read(HOME + "/oidc")
async def leave_for_provider(request: AnyRequest) -> Response[Any]:
    """Lead a browser to the firm's accounts, with what it must bring back."""
    provider = _get_provider(request)
    if not sessions.is_private(request.scope):
        return await _show_form(request, "")
    address, step = await sync_to_thread(provider.begin)
    step["next"] = check_target(request.query_params.get("next") or "")
    value = urlsafe_b64encode(json.dumps(step).encode()).decode().rstrip("=")
    cookie = sessions.build_cookie(request.scope, value, name=STEP_COOKIE, max_age=STEP_SECONDS)
    return Redirect(address, status_code=303, cookies=[cookie])


@read(HOME + "/oidc/callback", login=True)
async def come_from_provider(request: AnyRequest) -> Response[Any]:
    """Begin a session of who came back from the firm's accounts, and may log in here."""
    provider, scope = _get_provider(request), request.scope
    step = _read_step(sessions.find_cookie(scope, STEP_COOKIE) or "")
    query = {name: text for name in ("state", "code") if (text := request.query_params.get(name))}
    claimed_id, subject = await sync_to_thread(partial(provider.finish, query, step))
    user_id = users.normalise_user_id(claimed_id)
    results = get_results(request)
    user = await results.ask(lambda reader: reader.user(user_id))
    cast(Any, scope)["refused"] = PERSON_PREFIX + user_id  # for the access log
    if user is None or user.disabled_at is not None or user.subject not in (None, subject):
        raise ForbiddenProblem(
            "your account is not among the users", do=f"ask an administrator to add {user_id}"
        )
    if user.subject is None:
        await sync_to_thread(partial(users.bind_subject, results.url, user_id, subject))
    answer = await begin_session(request, users.build_caller(user), step.get("next", ""))
    answer.set_cookie(sessions.build_cookie(scope, "", name=STEP_COOKIE))
    return answer


def _get_provider(request: AnyRequest) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise NotFoundProblem("the firm's accounts are not set up here", do="log in by a password")
    return provider


def _read_step(value: str) -> dict[str, str]:
    """Read what a browser kept; nothing where it kept nothing of ours."""
    try:
        step = json.loads(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except ValueError:
        return {}
    return {str(name): str(text) for name, text in step.items()} if isinstance(step, dict) else {}


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
        has_provider=request.app.state.provider is not None,
        csrf=token,
        target=target,
        user_id=user_id,
    )

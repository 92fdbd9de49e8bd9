"""One's own account: who one is here, and a new password."""

import time
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.concurrency import sync_to_thread

from clientela.contract.access import PERSON_PREFIX, Caller
from clientela.errors import InputError
from clientela.i18n import t, translate
from clientela.serving import sessions
from clientela.serving.dashboard.frame import HOME, find_start
from clientela.serving.dashboard.login import Logins, begin_session
from clientela.serving.dashboard.plain import read_language, render_plain
from clientela.serving.openapi import ANY, read, submit
from clientela.serving.problems import AnyRequest, LoginProblem
from clientela.serving.results import get_results
from clientela.serving.throttle import ThrottleProblem
from clientela.store import users
from clientela.store.row_types import UserRow

ACCOUNT = HOME + "/account"


@read(ACCOUNT, right=ANY)
async def show_account(request: AnyRequest) -> Response[str]:
    """Show who one is, and the form of a new password."""
    return await _show_form(request)


@submit(ACCOUNT, right=ANY)
async def change_password(request: AnyRequest) -> Response[Any]:
    """Replace one's password; all sessions end, and this browser gets a new one."""
    form, user = sessions.get_form(request), await _read_user(request)
    current, new = str(form.get("current", "")), str(form.get("new", ""))
    logins, scope = cast(Logins, request.app.state.logins), request.scope
    address = scope["client"][0] if scope["client"] else ""
    if new != form.get("repeated"):
        return await _show_form(request, "repeat", status=400)
    try:
        logins.throttle.count(user.user_id, address, time.monotonic())
    except ThrottleProblem as error:
        return await _show_form(request, "throttled", status=429, headers=error.headers)
    if not await logins.authenticate(user, current):
        return await _show_form(request, "current", status=403)
    logins.throttle.forgive(user.user_id, address)
    try:
        change = partial(users.set_password, get_results(request).url, user.user_id, new)
        await sync_to_thread(change)
    except InputError as error:
        lang = read_language(request)
        sentence = f"{translate(str(error.what), lang)}: {translate(str(error.do), lang)}."
        return await _show_form(request, sentence=sentence, status=400)
    target = f"app/account?changed=1&lang={read_language(request)}"
    return await begin_session(request, users.build_caller(user), target)


async def _read_user(request: AnyRequest) -> UserRow:
    caller: Caller | None = request.scope.get("auth")
    if caller is None or not caller.is_person:
        raise LoginProblem("nobody is logged in", do="log in and try again", target=ACCOUNT)
    user_id = caller.caller_id.removeprefix(PERSON_PREFIX)
    user = await get_results(request).ask(lambda reader: reader.user(user_id))
    return cast(UserRow, user)  # whose session it is was there a moment ago


async def _show_form(
    request: AnyRequest,
    why: str = "",
    *,
    sentence: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response[str]:
    user, lang = await _read_user(request), read_language(request)
    caller = cast(Caller, request.scope.get("auth"))
    return render_plain(
        request,
        "account",
        status=status,
        headers=headers,
        title=user.name,
        user=user,
        why=t(f"login.why.{why}", lang) if why else sentence,
        has_changed="changed" in request.query_params,
        start=find_start(caller),
        csrf=caller.csrf,
    )

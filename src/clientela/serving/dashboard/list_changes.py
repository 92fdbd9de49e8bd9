"""What people do to customers of the list: tag, exclude, undo."""

import datetime as dt
from typing import Any

from litestar import Response
from litestar.response import Redirect

from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, open_page
from clientela.serving.openapi import submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.routes.list_changes import apply_change
from clientela.serving.sessions import get_form
from clientela.store.list_changes import KINDS, ListChange, undo_change

KEPT = ("filter", "sort", "columns")


@submit(HOME + "/change-list", right="audiences")
async def change_list(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Tag or exclude who is ticked, or all whom the filter leaves; or undo one of these."""
    page, results = await open_page(request, "views", lang)
    form = get_form(request)
    try:
        if "undo" in form:
            now = dt.datetime.now(dt.UTC)
            await results.change(undo_change, str(form["undo"]), get_actor(request), now)
        else:
            ticked = [str(id_) for id_ in form.getall("customer", [])]
            is_all = form.get("scope") == "all"
            asked = str(form.get("filter", "")) if is_all else None
            await apply_change(request, _read_change(form), [] if is_all else ticked, asked)
    except InputError as error:
        text = write_error(error, page.lang)
        return page.respond(page.say("changes.refused"), code=400, error=text)
    query = {name: str(form.get(name, "")) for name in KEPT}
    return Redirect(page.link("customers", **query) + "#changes", status_code=303)


def _read_change(form: Any) -> ListChange:
    kind, tag = str(form.get("kind", "")), str(form.get("tag", "")).strip()
    if kind not in KINDS:
        raise InputError(f"customers of a list cannot be {kind!r}", where="kind")
    return ListChange(kind, None if kind == "exclude" else tag)

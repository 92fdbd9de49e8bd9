"""Saved views: a page with its filters and period under a name, for everybody who may open it."""

import datetime as dt
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from litestar import Response
from litestar.response import Redirect

from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, SAVED, Page, open_page
from clientela.serving.openapi import submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.sessions import get_form
from clientela.store.saved_views import read_views, remove_view, save_view

PASSING = ("lang", "after", "run")  # of an address: the reader's, and where they had read to


class View(NamedTuple):
    """A saved view as its link stands on a page."""

    view_id: str
    name: str
    link: str
    who: str


async def list_views(page: Page, results: Results) -> list[View]:
    """List the views whose page the reader may open."""
    views = []
    for row in await results.ask(read_views):
        name, query = _split(str(row["address"]))
        if name in SAVED and page.may_open(name):
            who = page.say("views.who", name=row["created_by"])
            lang = [pair for pair in page.kept.items() if pair[0] == "lang"]
            link = f"{name}?{urlencode([*query, *lang])}".rstrip("?")
            views.append(View(str(row["view_id"]), str(row["name"]), link, who))
    return views


def _split(address: str) -> tuple[str, list[tuple[str, str]]]:
    parts = urlsplit(address)
    return parts.path, [pair for pair in parse_qsl(parts.query) if pair[0] not in PASSING]


@submit(HOME + "/views", right="audiences")
async def save_page(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Save or remove a view, and show them on the first page."""
    page, results = await open_page(request, "views", lang)
    form = get_form(request)
    if "remove" in form:
        await results.change(remove_view, str(form["remove"]))
        return Redirect(page.link("today"), status_code=303)
    name, query = _split(str(form.get("address", "")))
    address = f"{name}?{urlencode(query)}".rstrip("?") if name in SAVED else ""
    try:
        if not address:
            raise InputError("this page cannot be saved as a view", where="address")
        now = dt.datetime.now(dt.UTC)
        given = str(form.get("name", ""))
        await results.change(save_view, given, address, get_actor(request), now)
    except InputError as error:
        title = page.say("views.refused")
        return page.respond(title, code=400, error=write_error(error, page.lang))
    return Redirect(page.link("today") + "#views", status_code=303)

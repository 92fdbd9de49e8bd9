"""What people give to segments: name, colour, note, and which are shown as one; their forms."""

import datetime as dt
from functools import partial
from typing import NamedTuple, cast

from litestar import Response
from litestar.response import Redirect

from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.sessions import get_form
from clientela.store.read import Row
from clientela.store.segment_labels import COLOURS, label_segment, merge_segments, read_label


class LabelForm(NamedTuple):
    """What the form shows: the name given in the page's language, its own one, note, colours."""

    name: str
    own: str
    note: str
    colours: list[tuple[str, str, bool]]


async def build_label_form(page: Page, results: Results, row: Row) -> LabelForm | None:
    """Build the form of a segment's name and colour; None for who may not give them."""
    if not page.may_submit("audiences"):
        return None
    number, name = cast(int, row["segment"]), f"name_{page.lang.lower()}"
    label = await results.ask(lambda reader: read_label(reader, number)) or {}
    colour = row["colour"]
    colours = [("", page.say("label.colour.own"), colour is None)]
    colours += [
        (str(index), page.say(f"label.colour.{index}"), colour == index) for index in range(COLOURS)
    ]
    own = str(label.get(f"own_{name}") or row[name])
    return LabelForm(str(label.get(name) or ""), own, str(label.get("note") or ""), colours)


@submit(HOME + "/label", right="audiences")
async def give_label(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Name and colour a segment, and lead back to its page."""
    page, results = await open_page(request, "views", lang)
    form = get_form(request)
    number, colour = str(form.get("segment", "")), str(form.get("colour", ""))
    try:
        if not number.isdecimal() or len(number) > len(str(2**31)):
            raise InputError("there is no such segment", where="segment")
        write = partial(
            label_segment,
            names={f"name_{page.lang.lower()}": str(form.get("name", ""))},
            colour=int(colour) if colour.isdecimal() and len(colour) == 1 else None,
            note=str(form["note"]) if "note" in form else None,
            by=get_actor(request),
            now=dt.datetime.now(dt.UTC),
        )
        await results.change(write, int(number))
    except InputError as error:
        title = page.say("label.refused")
        return page.respond(title, code=400, error=write_error(error, page.lang))
    results.forget_names()
    return Redirect(page.link("segment", id=number), status_code=303)


@submit(HOME + "/merge", right="audiences")
async def show_as_one(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Show segments as one under a name, or by an empty name each by itself again."""
    page, results = await open_page(request, "views", lang)
    form = get_form(request)
    numbers = [str(number) for number in form.getall("segment", [])]
    segments = [int(number) for number in numbers if number.isdecimal() and len(number) < 10]
    name, now = str(form.get("name", "")).strip(), dt.datetime.now(dt.UTC)
    try:
        if not name and "apart" not in form:
            raise InputError("write the name under which they are shown", where="name")
        await results.change(merge_segments, segments, name, get_actor(request), now)
    except InputError as error:
        title = page.say("merge.refused")
        return page.respond(title, code=400, error=write_error(error, page.lang))
    results.forget_names()
    return Redirect(page.link("segments"), status_code=303)

"""What people write beside the numbers: notes on days of charts, and the revenue they plan."""

import datetime as dt
import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, cast

from litestar import Response
from litestar.response import Redirect

from clientela.errors import InputError
from clientela.i18n import Lang, format_month
from clientela.report.answer import Mark
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.builder import respell_number
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.sessions import get_form
from clientela.store.annotations import (
    add_note,
    read_notes,
    read_targets,
    remove_note,
    set_target,
)
from clientela.store.read import Row

AMOUNT = re.compile(r"\d+(\.\d{1,2})?")
PLANNED = ("today", "value")
"""Pages that show notes and plans."""


class Annotations(NamedTuple):
    """Notes by day, and planned revenue by month."""

    notes: Sequence[Row]
    targets: Sequence[Row]


async def read_annotations(results: Results) -> Annotations:
    """Read what people wrote beside the numbers."""
    return Annotations(await results.ask(read_notes), await results.ask(read_targets))


def mark_notes(notes: Sequence[Row], days: Sequence[dt.date], first: dt.date) -> tuple[Mark, ...]:
    """Mark the notes on a chart whose columns each end on a day, the first one begun on ``first``.

    A note before or after all of them has no place there.

    Examples
    --------
    >>> days, first = [dt.date(2011, 10, 31), dt.date(2011, 11, 30)], dt.date(2011, 10, 1)
    >>> [
    ...     mark.at
    ...     for mark in mark_notes([{"day": dt.date(2011, 11, 25), "text": "Sale"}], days, first)
    ... ]
    [1]
    """
    dated = [(cast(dt.date, note["day"]), str(note["text"])) for note in notes]
    return tuple(
        Mark(bisect_left(days, day), text) for day, text in dated if first <= day <= days[-1]
    )


def list_month_ends(months: Sequence[dt.date]) -> list[dt.date]:
    """List the last day of each month."""
    return [(month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(1) for month in months]


def list_notes(page: Page, notes: Sequence[Row]) -> list[tuple[str, str, str]]:
    """List the notes as the page shows them, the latest first: id, day and text."""
    return [
        (str(note["note_id"]), page.write(note["day"]), str(note["text"]))
        for note in reversed(notes)
    ]


def list_targets(page: Page, targets: Sequence[Row]) -> list[tuple[str, str, str]]:
    """List the planned months as the page shows them: as a form sends it, in words, the amount."""
    return [
        (
            str(target["month"])[:7],
            format_month(cast(dt.date, target["month"]), page.lang),
            page.write(target["amount"], "amount"),
        )
        for target in targets
    ]


@submit(HOME + "/annotations", right="audiences")
async def write_annotation(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Write or remove a note or a planned month, and lead back to where it stands."""
    page, results = await open_page(request, "views", lang)
    form, by, now = get_form(request), get_actor(request), dt.datetime.now(dt.UTC)
    sent = {name: str(form.get(name, "")).strip() for name in form}
    try:
        if "remove" in sent:
            await results.change(remove_note, sent["remove"])
        elif "month" in sent:
            amount = read_amount(sent.get("amount", ""), page.lang)
            await results.change(set_target, sent["month"], amount, by, now)
        else:
            write = partial(add_note, by=by, now=now)
            await results.change(write, sent.get("day", ""), sent.get("text", ""))
    except InputError as error:
        title = page.say("annotations.refused")
        return page.respond(title, code=400, error=write_error(error, page.lang))
    shown = sent.get("page") if sent.get("page") in PLANNED else PLANNED[0]
    return Redirect(page.link(str(shown)) + "#annotations", status_code=303)


def read_amount(text: str, lang: Lang) -> float | None:
    """Read an amount as people of the language write it; None where there is none.

    Raises
    ------
    InputError
        It is no amount.

    Examples
    --------
    >>> read_amount("R$ 12.500,50", "pt_BR"), read_amount("12,500.50", "en"), read_amount("", "en")
    (12500.5, 12500.5, None)
    """
    if not text:
        return None
    number = respell_number(re.sub(r"[^\d.,-]", "", text), lang)
    if AMOUNT.fullmatch(number) is None:  # 12.500 may be either, and is money: nobody guesses
        raise InputError(f"{text!r} is no amount", where="amount", do="write at most two decimals")
    return float(number)

"""The loyalty programme: its rules, who is in or near, and what it is worth."""

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import FromQuery

from clientela.errors import PlatformError
from clientela.i18n import format_month
from clientela.report.answer import Axis, Chart, Series
from clientela.serving.dashboard.comparison import read_figures
from clientela.serving.dashboard.frame import (
    HOME,
    Page,
    open_page,
    title_answer,
)
from clientela.serving.dashboard.rule import find_effect, list_sliders
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.report import read_answers
from clientela.serving.small_groups import keep_parts
from clientela.store.filters import Condition
from clientela.store.read import Reader, Row

if TYPE_CHECKING:  # it loads Arrow, which look-ups do without
    from clientela.store.programme import ProgrammeLedger

TILES = ("members", "members_share", "members_revenue_share", "candidates", "members_leaving")
ANSWERS = ("expected", "proof", "worth")
ECONOMICS = ("gross_margin", "benefit_share")
STATUSES = ("member", "leaving", "candidate")
ROWS = 50  # by convention: a screen or two


@read(HOME + "/insiders", right="aggregates")
async def show_insiders(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the programme in force, or the one that could be launched."""
    page, results = await open_page(request, "insiders", lang)
    figures = await read_figures(page, results)
    answers = await read_answers(request, page.lang)
    rules = await results.ask(lambda reader: reader.table("programme_conditions").content)
    months = await results.ask(lambda reader: reader.table("programme_months").content)
    case = await results.ask(lambda reader: reader.table("programme_case").content)
    links = dict.fromkeys(("members", "members_share", "members_revenue_share"), "member")
    links |= {"candidates": "candidate", "members_leaving": "leaving"}
    tiles = [
        page.build_tile(
            name, figures, page.link("members", status=links[name]) if name in links else ""
        )
        for name in TILES
    ]
    title, finding = title_answer(answers.get("how_many"), page.say("menu.insiders"))
    evidence = [answers[key] for key in ANSWERS if key in answers]
    charts = [_build_chart(page, months)] if months else []
    may_count = page.may("lists")
    return page.respond(
        title,
        finding=finding,
        charts=[*charts, *(chart for answer in evidence for chart in answer.charts)],
        own_charts=charts,
        checklist=await _list_checks(page, results),
        sliders=list_sliders(page, rules),
        effect=await find_effect(page, results, rules) if may_count else None,
        twin="../v1/programme",
        tiles=[tile for tile in tiles if tile],
        rules=[
            *((kind, _list_sentences(page, rules, kind)) for kind in ("entry", "exit")),
            ("tiers", _list_tiers(page, case)),
        ],
        answers=evidence,
        lists=[(status, page.link("members", status=status)) for status in STATUSES]
        if may_count
        else [],
    )


def _list_tiers(page: Page, case: list[Row]) -> list[str]:
    """Say of each tier what it asks and how many members it has; nothing without tiers."""
    sentences = []
    tiers = [row for row in case if row["option"] == "tier"]
    for row in keep_parts(page.request, tiers, "members"):
        key = "insiders.tier" if row["threshold"] else "insiders.tier_last"
        amount = page.write(row["threshold"], "amount")
        members = page.write(row["members"], "count")
        sentences.append(page.say(key, tier=row["tier"], amount=amount, members=members))
    return sentences


async def _list_checks(page: Page, results: Results) -> list[tuple[bool, str]]:
    """List what is ready before the launch and what is not; nothing once it is launched."""
    if page.run.programme.get("state") != "not_launched":
        return []
    from clientela.store.programme import load_ledger

    # Approved since the run, a version is not yet in its facts
    ledger = await sync_to_thread(partial(load_ledger, results.url))
    has_control = await _has_control(page, results)
    return await results.ask(
        lambda reader: _check_launch(page, reader, ledger, has_control=has_control)
    )


async def _has_control(page: Page, results: Results) -> bool:
    """Check whether anybody is held out, by the file of filters where it is ready.

    The database looks through all customers for it: of a million, half a second of CPU.
    """
    held_out = Condition("held_out", "=", True)
    try:
        reading = await get_filters(page.request).count(page.request, held_out)
    except PlatformError:  # filters are being made ready, or were made by another build
        reading = await results.ask(lambda reader: reader.filter_count(held_out), long=True)
    return bool(reading.content["customers"])


def _check_launch(
    page: Page, reader: Reader, ledger: "ProgrammeLedger", *, has_control: bool
) -> list[tuple[bool, str]]:
    case = reader.table("programme_case").content
    has_figure = [case[0][name] is not None if case else False for name in ECONOMICS]
    approvals = [version.approved_at for version in ledger.rules if version.approved_at]
    late = any(day > page.run.finished_at for day in approvals)
    checks = {
        "members": bool(page.run.programme.get("members")),
        "approved": bool(approvals),
        "economics": all(has_figure),
        "contacts": reader.has_contacts(),
        "control": has_control,
    }
    texts = {"approved": "approved_since"} if late else {}
    return [(done, page.say(f"launch.{texts.get(name, name)}")) for name, done in checks.items()]


@read(HOME + "/members", right="lists")
async def show_members(
    request: AnyRequest,
    status: FromQuery[str] = "member",
    after: FromQuery[str | None] = None,
    lang: LangQuery = None,
) -> Response[str]:
    """Show who is in, near or about to leave."""
    page, results = await open_page(request, "members", lang)
    status = status if status in STATUSES else STATUSES[0]
    reading = await results.ask(
        lambda reader: reader.read_list("members", status, after, ROWS + 1), long=True
    )
    counts = await results.ask(lambda reader: reader.member_counts().content)
    rows = reading.content[:ROWS]
    note_list(request, [str(row["customer_id"]) for row in rows], run_id=page.run.run_id)
    last = str(rows[-1]["customer_id"]) if len(reading.content) > ROWS else None
    names = await results.read_names(page.run.run_id, page.lang)
    return page.respond(
        page.say(f"members.{status}", count=page.write(counts.get(status, 0), "count")),
        twin=f"../v1/programme/members?status={status}",
        statuses=[(each, page.link("members", status=each)) for each in STATUSES],
        status=status,
        rows=[_build_member(page, row, names) for row in rows],
        next_page=last and page.link("members", status=status, after=last),
        first_page=after and page.link("members", status=status),
        files=page.list_files(f"../v1/programme/members?status={status}"),
    )


def _list_sentences(page: Page, rules: list[Row], kind: str) -> list[str]:
    column = f"sentence_{page.lang.lower()}"
    return [str(row[column]) for row in rules if row["kind"] == kind and row[column]]


def _build_chart(page: Page, months: list[Row]) -> Chart:
    """Draw how many would have been in, month by month."""
    values = tuple(cast("float | None", row["members"]) for row in months)
    series = (Series(page.say("insiders.in"), values),)
    return Chart(
        "programme-months",
        page.say("insiders.months"),
        "columns",
        series,
        tuple(format_month(cast(dt.date, row["as_of"]), page.lang) for row in months),
        value=Axis(format="number"),
        note=page.say("insiders.months_note"),
    )


def _build_member(page: Page, row: Row, names: Any) -> dict[str, Any]:
    return {
        "id": row["customer_id"],
        "link": page.link("customer", id=row["customer_id"]),
        "segment": names.get(row["segment"], ""),
        "reason": row[f"reason_{page.lang.lower()}"],
        "cells": [
            page.write(row["revenue_365d"], "amount"),
            page.write(row["orders_365d"], "count"),
            page.write(row["expected_revenue"], "amount"),
        ],
    }

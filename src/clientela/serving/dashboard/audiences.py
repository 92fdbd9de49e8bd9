"""Actions and audiences: what to do for whom, and the customers that people address again."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.contract.destinations import DESTINATIONS
from clientela.errors import InputError
from clientela.i18n import t
from clientela.report.answer import Axis, Chart, Series
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.builder import describe
from clientela.serving.dashboard.campaigns import build_board, build_recipes
from clientela.serving.dashboard.columns import COLUMNS
from clientela.serving.dashboard.comparison import read_earlier
from clientela.serving.dashboard.customers import (
    ROWS,
    build_row,
    write_count,
    write_error,
)
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.recorder import note_list
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.audiences import fetch_members, find_known
from clientela.serving.sessions import get_form
from clientela.store.audience_queries import Audience, AudienceDraft
from clientela.store.audience_reader import (
    count_members,
    read_audiences,
    read_changes,
    read_sizes,
)
from clientela.store.audiences import (
    change_audience,
    create_audience,
    remove_audience,
)
from clientela.store.earlier_runs import find_run_before
from clientela.store.filter_text import read_filter
from clientela.store.read import Reader, Row
from clientela.store.webhooks import covers, list_deliveries, queue_audience

CHANNELS = ("email", "whatsapp")
CROSS_SELL = "cross_sell"
SHOWN_DELIVERIES = 5  # by convention: what a person looks after; `webhooks list` has all
SHOWN_CHANGES = 50  # by convention: a screen or two; the API has all
DRAFT_FIELDS = ("name", "filter", "channel", "frozen")


@read(HOME + "/actions", right="aggregates")
async def show_actions(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show what to do for whom, and the audiences with their latest sizes."""
    page, results = await open_page(request, "actions", lang)
    rows = await results.ask(lambda reader: reader.table("actions").content)
    actions = sorted(rows, key=lambda row: cast(int, row["position"]))
    audiences = await results.ask(_read_sized, long=True) if page.may("lists") else []
    earlier = await read_earlier(page, results, "actions", "action_id")
    first = actions[0][f"title_{page.lang.lower()}"] if actions else ""
    return page.respond(
        str(first) or page.say("actions.none"),
        twin="../v1/actions",
        actions=[_build_action(page, row, earlier) for row in actions],
        audiences=[_build_audience(page, *pair) for pair in audiences],
        new=page.link("audience") if page.may_submit("audiences") else "",
        board=await build_board(page, results),
        board_files=page.list_files("actions/file?", ("csv", "xlsx")),
        recipes=await build_recipes(page, await results.read_names(page.run.run_id, page.lang)),
        new_campaign=page.link("campaign") if page.may_submit("audiences") else "",
    )


def _read_sized(reader: Reader) -> list[tuple[Audience, Row]]:
    """Read the audiences with their size in the latest run."""
    sizes = read_sizes(reader)
    return [
        (audience, sizes.get(audience.audience_id, [{}])[-1]) for audience in read_audiences(reader)
    ]


def _build_action(page: Page, row: Row, earlier: Sequence[Mapping[object, Row]]) -> dict[str, Any]:
    lang, action_id = page.lang.lower(), row["action_id"]
    then = [_find_same(row, actions.get(action_id)) for actions in earlier]
    # what an action can bring may be more than these customers have at stake: one figure a card
    money = "amount_at_stake" if row["upside"] is None else "upside"
    facts = [
        _write_fact(page, name, unit, [each.get(name) for each in (row, *then)])
        for name, unit in (("audience", "count"), (money, "amount"))
        if row[name] is not None
    ]
    return {
        "id": action_id,
        "title": row[f"title_{lang}"],
        "campaign": page.link("campaign", group=f"action:{action_id}", title=row[f"title_{lang}"])
        if page.may_submit("audiences")
        else "",
        "text": str(row[f"text_{lang}"]).replace("`", ""),
        "facts": facts,
        "files": page.list_files(f"../v1/actions/{action_id}/customers?")
        if page.may("lists")
        else [],
        "experiment": page.link("experiment", group=f"action:{action_id}")
        if page.may("audiences")
        else "",
        "measure": page.say("actions.measure_how") if row[f"measure_{lang}"] else "",
    }


def _write_fact(
    page: Page, name: str, unit: str, amounts: Sequence[object]
) -> tuple[str, str, list[str]]:
    """Write a number of an action with its changes, of today's amount and those before."""
    value, *before = cast("list[float]", amounts)
    return (
        page.say(f"actions.{name}"),
        page.write(value, unit),
        page.write_changes(value, unit, before),
    )


def _find_same(row: Row, earlier: Row | None) -> Row:
    """Return an action of an earlier run if it is the same one; an empty row if it is not.

    Products are numbered anew in each run: those of an id may be others.
    """
    same = ("action", "target", "segment")
    if earlier is None or any(row[name] != earlier[name] for name in same):
        return {}
    is_other = row["action"] == CROSS_SELL and row["title_en"] != earlier["title_en"]
    return {} if is_other else earlier


def _build_audience(page: Page, audience: Audience, size: Row) -> dict[str, Any]:
    kind = "frozen" if audience.frozen else "follows"
    units = {"customers": "count", "revenue": "amount", "entered": "count", "left": "count"}
    return {
        "name": audience.name,
        "link": page.link("audience", id=audience.audience_id),
        "kind": page.say(f"audience.{kind}", day=page.write(audience.changed_at.date())),
        "cells": [page.write(size.get(name), unit) for name, unit in units.items()],
    }


@read(HOME + "/audience", right="lists")
async def show_audience(
    request: AnyRequest,
    id: FromQuery[str] = "",
    filter: FromQuery[str] = "",
    name: FromQuery[str] = "",
    after: FromQuery[str | None] = None,
    lang: LangQuery = None,
) -> Response[str]:
    """Show an audience: who they are, how many they were, who came and went; or a new one."""
    page, results = await open_page(request, "audience", lang)
    if not id:
        names = await results.read_names(page.run.run_id, page.lang)
        return _show_form(page, AudienceDraft(name, filter), page.say("audience.new"), names=names)
    try:
        audience = await results.ask(lambda reader: find_known(reader, id))
    except InputError:
        return _show_form(page, AudienceDraft("", ""), page.say("audience.unknown"), code=404)
    return await _show_whole(page, results, audience, after)


def _show_form(
    page: Page,
    draft: AudienceDraft,
    title: str,
    error: str = "",
    *,
    id: str = "",
    code: int = 200,
    names: Mapping[int, str] | None = None,
) -> Response[str]:
    return page.respond(
        title,
        code=code,
        audience=None,
        draft=draft,
        described=_describe_filter(page, draft.filter, names or {}),
        error=error,
        id=id,
        channels=CHANNELS,
    )


def _describe_filter(page: Page, text: str, names: Mapping[int, str]) -> str:
    """Say the filter of a draft in words; empty where it is none yet."""
    try:
        return describe(page, read_filter(text), names) if text else ""
    except InputError:
        return ""


async def _show_whole(
    page: Page, results: Results, audience: Audience, after: str | None
) -> Response[str]:
    id_ = audience.audience_id
    fetch = fetch_members(id_)
    reading = await results.ask(lambda reader: fetch(reader, after, ROWS + 1, None), long=True)
    count = await results.ask(lambda reader: count_members(reader, audience).content, long=True)
    sizes = await results.ask(lambda reader: read_sizes(reader).get(id_, []))
    changes = await results.ask(lambda reader: _read_changes(reader, audience), long=True)
    names = await results.read_names(page.run.run_id, page.lang)
    rows = reading.content[:ROWS]
    shown = [*rows, *(row for row in changes)]
    note_list(page.request, [str(row["customer_id"]) for row in shown], audience=id_)
    last = str(rows[-1]["customer_id"]) if len(reading.content) > ROWS else None
    draft = AudienceDraft(*(getattr(audience, name) for name in DRAFT_FIELDS))
    return page.respond(
        f"{audience.name}: {write_count(page, count)}",
        charts=[_build_chart(page, sizes)] if len(sizes) > 1 else [],
        twin=f"../v1/audiences/{id_}",
        audience=audience,
        facts=_list_facts(page, audience, names),
        draft=draft,
        described="",  # it stands among the facts
        error="",
        id=id_,
        channels=CHANNELS,
        columns=[(name, page.name_feature(name)) for name in COLUMNS],
        rows=[build_row(page, row, names) for row in rows],
        changes=[
            (
                page.write(sizes[-1][change] if sizes else None, "count"),
                change,
                [_link_person(page, row) for row in changes if row["change"] == change],
            )
            for change in ("entered", "left")
        ],
        next_page=last and page.link("audience", id=id_, after=last),
        first_page=after and page.link("audience", id=id_),
        files=_list_files(page, id_),
        webhooks=_list_webhooks(page, id_),
        deliveries=await _list_deliveries(page, results, id_),
    )


def _read_changes(reader: Reader, audience: Audience) -> list[Row]:
    """Read who entered and left since the run before; nobody where there is none."""
    before = find_run_before(reader)
    if before is None:
        return []
    return read_changes(reader, audience, before, None, SHOWN_CHANGES).content


def _list_facts(page: Page, audience: Audience, names: Mapping[int, str]) -> list[tuple[str, str]]:
    kind = "frozen" if audience.frozen else "follows"
    channel = f"channel_{audience.channel}" if audience.channel else "channel_any"
    by = "declared" if audience.declared else "by"
    day = page.write(audience.changed_at.date())
    return [
        (page.say("audience.filter"), describe(page, read_filter(audience.filter), names)),
        (page.say("audience.kind"), page.say(f"audience.{kind}", day=day)),
        (page.say("audience.channel"), page.say(f"audience.{channel}")),
        (page.say("audience.made"), page.say(f"audience.{by}", name=audience.created_by, day=day)),
    ]


def _link_person(page: Page, row: Row) -> tuple[str, str]:
    return str(row["customer_id"]), page.link("customer", id=row["customer_id"])


def _list_files(page: Page, id_: str) -> list[tuple[str, str]]:
    """List the files to take away; contacts as other places take them by who may see contacts."""
    members = f"../v1/audiences/{id_}/members?"
    places = DESTINATIONS.items() if page.may("contacts") else ()
    contact_files = [
        (destination.label, f"{members}format=csv&contacts={name}") for name, destination in places
    ]
    return [*page.list_files(members), *contact_files]


def _list_webhooks(page: Page, id_: str) -> list[str]:
    """List the webhooks that the configuration lets be told of an audience."""
    webhooks = page.request.app.state.firm.webhooks
    return [webhook.name for webhook in webhooks if covers(webhook.events, f"audiences/{id_}")]


async def _list_deliveries(page: Page, results: Results, id_: str) -> list[tuple[str, str, str]]:
    """List the latest deliveries of an audience to webhooks: when, where to, how it went."""
    if not page.request.app.state.firm.webhooks:
        return []
    own = await sync_to_thread(list_deliveries, results.url, event=f"audiences/{id_}")
    return [
        (
            page.write(row.created_at.date()),
            row.webhook,
            t(f"webhooks.state.{row.state}", page.lang),
        )
        for row in reversed(own[-SHOWN_DELIVERIES:])
    ]


def _build_chart(page: Page, sizes: list[Row]) -> Chart:
    """Draw how many the audience named, run by run."""
    values = tuple(cast("float | None", row["customers"]) for row in sizes)
    return Chart(
        "audience-sizes",
        page.say("audience.sizes"),
        "columns",
        (Series(page.say("customers"), values),),
        tuple(page.write(row["as_of"]) for row in sizes),
        value=Axis(format="number"),
    )


@submit(HOME + "/audience", right="audiences")
async def save_audience(
    request: AnyRequest, id: FromQuery[str] = "", lang: LangQuery = None
) -> Redirect | Response[str]:
    """Save an audience that a form describes, change or remove the one named; then show it."""
    page, results = await open_page(request, "audience", lang)
    fields, now = get_form(request), dt.datetime.now(dt.UTC)
    draft = _build_draft(fields)
    try:
        if "remove" in fields:
            await results.change(remove_audience, id)
            return Redirect(page.link("actions"), status_code=303)
        if "send" in fields:
            await _queue(page, results, id, str(fields["send"]), now)
        elif id:
            await results.change(change_audience, id, draft, now)
        else:
            id = await results.change(create_audience, draft, get_actor(request), now)
    except InputError as error:
        title = page.say("audience.refused")
        return _show_form(page, draft, title, write_error(error, page.lang), id=id, code=400)
    return Redirect(page.link("audience", id=id), status_code=303)


async def _queue(page: Page, results: Results, id: str, webhook: str, now: dt.datetime) -> None:
    if webhook not in _list_webhooks(page, id):
        raise InputError(
            "no such webhook may be told of this audience",
            where="send",
            do="name the audience in its events, in the configuration",
        )
    note_list(page.request, audience=id, webhook=webhook)
    await results.change(queue_audience, webhook, id, now)


def _build_draft(fields: Mapping[str, Any]) -> AudienceDraft:
    channel: Any = fields.get("channel")
    return AudienceDraft(
        fields.get("name", ""),
        fields.get("filter", ""),
        channel if channel in CHANNELS else None,
        fields.get("frozen") == "yes",
    )

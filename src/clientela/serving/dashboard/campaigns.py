"""The board of campaigns: ideas, what is ready, what runs and what it brought; and recipes."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.contract.recipes import RECIPES
from clientela.errors import InputError, PlatformError
from clientela.i18n import t
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.annotations import read_amount
from clientela.serving.dashboard.builder import describe
from clientela.serving.dashboard.customers import write_count, write_error
from clientela.serving.dashboard.experiments import name_groups
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.campaigns import STAGES, read_board
from clientela.serving.routes.evidence import find_day
from clientela.serving.sessions import get_form
from clientela.store.audience_reader import read_sizes
from clientela.store.campaigns import (
    CHANNELS,
    STATES,
    CampaignDraft,
    change_campaign,
    create_campaign,
    read_versions,
    remove_campaign,
)
from clientela.store.filter_text import read_filter
from clientela.store.read import Reader, Row

GROUP_PAGES = {"audience": "audience", "segment": "segment"}
"""Kinds of groups that have a page by their id."""
PAGES = {"insiders": "insiders", "candidates": "members", "at-risk": "risk"}
FACTS = ("offer", "channel", "cost", "days", "control_share", "owned_by")
TEXTS = ("customer_group", "offer", "message", "owned_by", "experiment")
SHOWN_VERSIONS = 20  # by convention: a screen; all stay on record


async def build_board(page: Page, results: Results) -> list[tuple[str, list[dict[str, Any]]]]:
    """Build the columns of the board, experiments without a campaign among them; none if empty."""
    rows = await read_board(page.request, page.lang, experiments_too=True)
    names = dict(await results.ask(partial(name_groups, page)))
    sizes = await results.ask(_read_groups) if page.may("lists") else {}
    columns: dict[str, list[dict[str, Any]]] = {stage: [] for stage in STAGES}
    for row in rows:
        columns[row["stage"]].append(_build_card(page, row, names, sizes))
    return list(columns.items()) if rows else []


def _read_groups(reader: Reader) -> dict[str, tuple[object, object]]:
    """Read how many customers groups have, and what they can bring, as experiments name them."""
    groups: dict[str, tuple[object, object]] = {
        f"audience:{audience_id}": (rows[-1]["customers"], None)
        for audience_id, rows in read_sizes(reader).items()
    }
    for row in reader.table("actions").content:
        groups[f"action:{row['action_id']}"] = row["audience"], row["upside"]
    for row in reader.table("segments").content:
        groups[f"segment:{row['segment']}"] = row["customers"], None
    return groups


def _build_card(
    page: Page,
    row: Mapping[str, Any],
    names: Mapping[str, str],
    groups: Mapping[str, tuple[object, object]],
) -> dict[str, Any]:
    group, over = row["customer_group"], row["ends_on"]
    count, upside = groups.get(group, (None, None))
    unmeasured = row["stage"] == "running" and row["experiment"] is None
    is_over = unmeasured and over is not None and over < find_day(page.run)
    name = names.get(group, group) if group else ""
    return {
        "cells": _list_cells(page, row, name, count),
        "title": row["title"],
        "link": _link_card(page, row),
        "group": name,
        "group_link": _link_group(page, group) if group in names else "",
        "size": "" if count is None else page.write(count, "count"),
        "facts": [
            *(
                []
                if upside is None
                else [(page.say("actions.upside"), page.write(upside, "amount"))]
            ),
            *_list_facts(page, row),
        ],
        "found": row["found"] or "",
        "sentence": row["sentence"] or "",
        "note": page.say("campaign.over" if is_over else "campaign.unmeasured")
        if unmeasured
        else "",
        "begin": page.link("experiment", group=group, campaign=row["campaign_id"])
        if group and row["experiment"] is None and page.may("audiences")
        else "",
    }


def _list_cells(page: Page, row: Mapping[str, Any], group: str, count: object) -> dict[str, object]:
    """List what a file has of a card."""
    findings = [page.say(f"experiment.found.{row['found']}")] if row["found"] else []
    return {
        **row,
        "stage": page.say(f"campaign.stage.{row['stage']}"),
        "customer_group": group or None,
        "customers": count,
        "channel": row["channel"] and page.say(f"campaign.channel.{row['channel']}"),
        "found": " ".join([*findings, row["sentence"] or ""]).strip() or None,
    }


def _link_card(page: Page, row: Mapping[str, Any]) -> str:
    """Link to a campaign for who may change it; of an experiment alone, to where all stand."""
    if row["campaign_id"] is None:
        return page.link("experiments")
    return page.link("campaign", id=row["campaign_id"]) if page.may("audiences") else ""


def _list_facts(page: Page, row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what was said of a campaign in words; what was not is left out."""
    words = {
        "offer": row["offer"],
        "channel": row["channel"] and page.say(f"campaign.channel.{row['channel']}"),
        "cost": row["cost"] is not None and page.write(row["cost"], "amount"),
        "days": _write_days(page, row["starts_on"], row["ends_on"]),
        "control_share": row["control_share"] and page.write(row["control_share"], "share"),
        "owned_by": row["owned_by"],
    }
    return [(page.say(f"campaign.{name}"), words[name]) for name in FACTS if words[name]]


def _write_days(page: Page, start: dt.date | None, end: dt.date | None) -> str:
    """Write the days of a campaign, of which people may know the first or the last alone."""
    if start and end:
        return page.say("experiment.days_of", start=page.write(start), end=page.write(end))
    day, key = (start, "from") if start else (end, "until")
    return page.say(f"campaign.{key}", day=page.write(day)) if day else ""


def _link_group(page: Page, group: str) -> str:
    kind, _, part = group.partition(":")
    if kind in GROUP_PAGES:
        return page.link(GROUP_PAGES[kind], id=part)
    return f"#action-{part}" if kind == "action" else page.link(PAGES[kind])


async def build_recipes(page: Page, names: Mapping[int, str]) -> list[dict[str, Any]]:
    """Build the recipes, each with whom it addresses today and where to begin."""
    return [
        {
            **{part: t(f"recipe.{name}.{part}", page.lang) for part in ("title", "text", "offer")},
            "filter": describe(page, read_filter(text), names),
            "count": await _count(page, text),
            "list": page.link("customers", filter=text) if page.may("lists") else "",
            "begin": page.link("audience", filter=text, name=t(f"recipe.{name}.title", page.lang))
            if page.may_submit("audiences")
            else "",
        }
        for name, text, _ in RECIPES
    ]


async def _count(page: Page, text: str) -> str:
    """Count whom a recipe addresses; nothing for who may not see it, or while filters are busy."""
    if not page.may("lists"):
        return ""
    try:
        count = await get_filters(page.request).count(page.request, read_filter(text))
    except PlatformError:
        return ""
    return write_count(page, count.content)


@read(HOME + "/campaign", right="audiences")
async def show_campaign(
    request: AnyRequest,
    id: FromQuery[str] = "",
    group: FromQuery[str] = "",
    title: FromQuery[str] = "",
    lang: LangQuery = None,
) -> Response[str]:
    """Show a campaign with what became of it, or the form of a new one."""
    page, results = await open_page(request, "campaign", lang)
    if not id:
        draft = CampaignDraft(title[:100], customer_group=group or None)
        return await _show_form(page, results, draft, page.say("campaign.new"))
    versions = await results.ask(partial(read_versions, campaign_id=id))
    rows = await read_board(request, page.lang)
    row = next((row for row in rows if row["campaign_id"] == id), None)
    if row is None:
        draft = CampaignDraft("")
        return await _show_form(page, results, draft, page.say("campaign.unknown"), code=404)
    draft = CampaignDraft(*(row[name] for name in CampaignDraft.__struct_fields__))
    return await _show_form(page, results, draft, draft.title, row=row, versions=versions)


async def _show_form(
    page: Page,
    results: Results,
    draft: CampaignDraft,
    title: str,
    *,
    error: str = "",
    code: int = 200,
    row: Mapping[str, Any] | None = None,
    versions: Sequence[Row] = (),
) -> Response[str]:
    from clientela.store.experiments import read_experiments

    groups = await results.ask(partial(name_groups, page))
    sizes = await results.ask(_read_groups)
    experiments = await results.ask(read_experiments)
    share = draft.control_share
    return page.respond(
        title,
        code=code,
        twin="../v1/campaigns",
        draft=draft,
        error=error,
        id=row["campaign_id"] if row else "",
        card=_build_card(page, row, dict(groups), sizes) if row else None,
        stage=row["stage"] if row else "",
        groups=groups,
        channels=CHANNELS,
        states=STATES,
        experiments=[experiment.name for experiment in experiments],
        cost="" if draft.cost is None else _write_bare(page, draft.cost),
        share="" if share is None else round(share * 100),
        versions=[
            page.say(
                "campaign.version",
                day=page.write(cast(dt.datetime, version["changed_at"]).date()),
                who=version["changed_by"],
                state=page.say(f"campaign.state.{version['state']}"),
                title=version["title"],
            )
            for version in versions[:SHOWN_VERSIONS]
        ],
    )


def _write_bare(page: Page, amount: float) -> str:
    """Write an amount as the form reads it again: without thousands and currency."""
    return f"{amount:.2f}".replace(".", "," if page.lang == "pt_BR" else ".")


@submit(HOME + "/campaign", right="audiences")
async def save_campaign(
    request: AnyRequest, id: FromQuery[str] = "", lang: LangQuery = None
) -> Redirect | Response[str]:
    """Write a campaign as a form says it, another version of it, or take it off the board."""
    page, results = await open_page(request, "campaign", lang)
    sent = {name: str(text).strip() for name, text in get_form(request).items()}
    by, now = get_actor(request), dt.datetime.now(dt.UTC)
    draft = CampaignDraft(sent.get("title", ""))
    try:
        if "remove" in sent:
            await results.change(remove_campaign, id, by, now)
            return Redirect(page.link("actions"), status_code=303)
        draft = _read_draft(page, sent)
        if id:
            await results.change(change_campaign, id, draft, by, now)
        else:
            await results.change(create_campaign, draft, by, now)
    except InputError as error:
        text, title = write_error(error, page.lang), page.say("campaign.refused")
        return await _show_form(page, results, draft, title, error=text, code=400)
    return Redirect(page.link("actions") + "#board", status_code=303)


def _read_draft(page: Page, sent: Mapping[str, str]) -> CampaignDraft:
    """Read what a form says of a campaign.

    Raises
    ------
    InputError
        A number or a day is none.
    """
    channel: Any = sent.get("channel")
    state: Any = sent.get("state")
    share = sent.get("control_share", "")
    if share and not (share.isdecimal() and 0 < int(share) < 100):
        raise InputError("the share left alone lies between 0 and 1", where="control_share")
    return CampaignDraft(
        sent.get("title", ""),
        state if state in STATES else STATES[0],
        **{name: sent.get(name) or None for name in TEXTS},
        channel=channel if channel in CHANNELS else None,
        cost=read_amount(sent.get("cost", ""), page.lang),
        control_share=int(share) / 100 if share else None,
        starts_on=_read_day(sent.get("starts_on", ""), "starts_on"),
        ends_on=_read_day(sent.get("ends_on", ""), "ends_on"),
    )


def _read_day(text: str, where: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise InputError(f"{text!r} is no day", where=where, do="write 2024-12-31") from None

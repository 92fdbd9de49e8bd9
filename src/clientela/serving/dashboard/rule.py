"""The programme's rule with other thresholds: its effect, its proposal, and who decides on it."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.config import Settings
from clientela.contract.features import find_feature
from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.sessions import get_csrf, get_form
from clientela.serving.small_groups import hide_counts, hides_small
from clientela.store.filter_text import read_filter
from clientela.store.read import Row

WIDEST = 3  # by convention: a rule three times as strict is another programme
STEPS = 60  # by convention: a pixel or two of a slider a step
IN = "insider in ('member', 'leaving')"
RULES = HOME + "/rules"
COUNTS = ("members", "entering", "leaving")
Propose = Callable[[str, Path, Settings, Sequence[str], str], dict[str, Any]]
"""Judges and stores a rule: results database, workspace, settings, conditions, who proposes it."""


@read(HOME + "/insiders/effect", right="lists")
async def show_effect(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show what other thresholds would change, while they are being chosen."""
    page, results = await open_page(request, "effect", lang)
    rules = await results.ask(lambda reader: reader.table("programme_conditions").content)
    return page.respond("", effect=await find_effect(page, results, rules))


def list_sliders(page: Page, rules: list[Row]) -> list[dict[str, Any]]:
    """List the conditions to enter with their thresholds, those of the address or of the run."""
    sliders = []
    for row in rules:
        if row["kind"] != "entry" or row["feature"] is None or row["value"] is None:
            continue
        name, value = str(row["feature"]), cast(float, row["value"])
        step = float(f"{value * WIDEST / STEPS:.1g}")
        whole = find_feature(name).unit != "amount" or value >= STEPS
        step = max(round(step), 1) if whole else step
        least = round(value % step, 6)  # a slider counts from there, and meets the run's threshold
        sliders.append(
            {
                "name": name,
                "label": page.name_feature(name),
                "operator": row["operator"],
                "value": _read_threshold(page, name, value),
                "step": step,
                "least": least,
                "most": least + step * STEPS,
            }
        )
    return sliders


def _read_threshold(page: Page, name: str, otherwise: float) -> float:
    try:
        value = float(page.request.query_params.get(name) or otherwise)
    except ValueError:
        return otherwise
    return value if 0 <= value <= otherwise * WIDEST * 2 else otherwise


async def find_effect(page: Page, results: Results, rules: list[Row]) -> dict[str, Any] | None:
    """Count whom the thresholds of the address would hold, let in and take out.

    None where the run has no rule to change.
    """
    sliders = list_sliders(page, rules)
    if not sliders:
        return None
    texts = [f"{slider['name']} {slider['operator']} {slider['value']:g}" for slider in sliders]
    names = [slider["name"] for slider in sliders]
    rule = " and ".join(texts)
    filters = {
        "held": rule,
        "entering": f"{rule} and not {IN}",
        "leaving": f"{IN} and not ({rule})",
    }
    store = get_filters(page.request)
    counts = {
        name: (await store.count(page.request, read_filter(text))).content
        for name, text in filters.items()
    }
    case = await results.ask(lambda reader: reader.table("programme_case").content)
    figures = await results.ask(lambda reader: reader.table("figures").content)
    states = {row["name"]: row["judged"] for row in figures}
    benefit = cast("float | None", case[0]["benefit_share"]) if case else None
    held = counts["held"]
    expected = cast(float, held["expected_revenue"] or 0.0)
    # Arrow would cost every server 100 MB at its start.
    from clientela.insiders.score.rule import ProgrammeRule, parse_condition

    try:
        conditions = tuple(parse_condition(text, tuple(names)) for text in texts)
        sentence = ProgrammeRule(conditions).sentence(page.lang, page.run.currency)
    except InputError:
        sentence = rule
    return {
        "sentence": sentence,
        "lists": [
            (
                page.say(f"effect.{name}", count=page.write(counts[name]["customers"], "count")),
                page.link("customers", filter=text),
            )
            for name, text in filters.items()
        ],
        "share": page.write(cast(int, held["customers"]) / max(page.run.customers, 1), "share"),
        "expected": page.write(expected, "amount"),
        "unjudged": states.get("expected_revenue_known") is False,
        "cost": page.write(expected * benefit, "amount") if benefit is not None else "",
        "twin": f"../v1/filters/count?{urlencode({'filter': rule})}",
        "conditions": texts,
        "may_propose": page.may_submit("propose") and page.request.app.state.propose is not None,
        "action": page.link("rules"),
        "csrf": get_csrf(page.request),
        "command": "clientela programme propose " + " ".join(f"--enter '{text}'" for text in texts),
    }


@read(RULES, right="aggregates")
async def show_rules(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the versions of the rules: in force, proposed, refused; and who decides."""
    page, results = await open_page(request, "rules", lang)
    return await _list_rules(page, results)


@submit(RULES, right="propose")
async def propose_rule(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Let the past months judge a rule, and store it for somebody to decide on."""
    page, results = await open_page(request, "rules", lang)
    state, enter = request.app.state, get_form(request).getall("enter", [])
    try:
        if state.propose is None or state.workspace is None:
            raise InputError("rules cannot be judged here", do="propose them on the command line")
        arguments = (results.url, state.workspace, state.firm, enter, get_actor(request))
        await state.aside.run(state.propose, *arguments)
    except InputError as error:
        return await _list_rules(page, results, write_error(error, page.lang), code=400)
    return Redirect(page.link("rules"), status_code=303)


@submit(HOME + "/decision", right="approve")
async def decide_on_rule(
    request: AnyRequest, version: FromQuery[int], lang: LangQuery = None
) -> Redirect | Response[str]:
    """Approve a proposed version from the next review on, or refuse it."""
    from clientela.insiders.score.decisions import approve_rules, refuse_rules

    page, results = await open_page(request, "rules", lang)
    by, now = get_actor(request), dt.datetime.now(dt.UTC)
    approve = partial(
        approve_rules, results.url, request.app.state.firm.programme, version, by, None, now
    )
    refuse = partial(refuse_rules, results.url, version, by, now)
    try:
        await sync_to_thread(approve if "approve" in get_form(request) else refuse)
    except InputError as error:
        return await _list_rules(page, results, write_error(error, page.lang), code=400)
    return Redirect(page.link("rules"), status_code=303)


async def _list_rules(
    page: Page, results: Results, error: str = "", *, code: int = 200
) -> Response[str]:
    from clientela.insiders.score.decisions import list_versions
    from clientela.report.terminal.programme import describe_rules, title_version

    versions = await sync_to_thread(partial(list_versions, results.url))
    if hides_small(page.request):
        versions = tuple(
            version | hide_counts({name: version[name] for name in COUNTS}) for version in versions
        )
    waiting = sum(not (version["approved_by"] or version["refused_by"]) for version in versions)
    key = {0: "rules.none_waits", 1: "rules.one_waits"}.get(waiting, "rules.wait")
    return page.respond(
        page.say(key if versions else "rules.none", count=page.write(waiting, "count")),
        code=code,
        error=error,
        may_decide=page.may_submit("approve"),
        versions=[
            {
                "version": version["version"],
                "title": title_version(version, page.lang, in_force=version["in_force"]),
                "sentences": describe_rules(version, page.lang),
                "waits": not (version["approved_by"] or version["refused_by"]),
            }
            for version in versions
        ],
        twin="../v1/programme/proposals",
    )

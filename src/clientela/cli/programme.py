"""Commands on the loyalty programme: propose, approve, refuse, launch, show, history."""

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results
from clientela.i18n import choose_language

if TYPE_CHECKING:
    from clientela.config import Settings

ByOption = Annotated[str, typer.Option("--by", help="Who decides.")]
VersionArgument = Annotated[int, typer.Argument(min=1, help="Number of the version.")]


@on_results
def propose(
    site: Site,
    enter: Annotated[
        list[str] | None,
        typer.Option(
            "--enter",
            help="Your own condition to enter, such as 'revenue_365d >= 1200'; can be repeated.",
        ),
    ] = None,
    stay: Annotated[
        list[str] | None,
        typer.Option(
            "--stay", help="Your own condition to stay; found for those to enter if absent."
        ),
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Propose rules, the published run's or your own: who would enter and leave, at what cost."""
    from clientela.errors import InputError
    from clientela.pipeline.programme_launch import propose_own_rules, propose_rules
    from clientela.report.terminal.programme import format_next, format_version
    from clientela.tables.workspace import Workspace

    settings, moment = site.settings, dt.datetime.now(dt.UTC)
    if stay and not enter:
        raise InputError(
            "conditions to stay belong to conditions to enter", do="give --enter as well"
        )
    facts = (
        propose_own_rules(
            site.url,
            Workspace(site.folder),
            settings,
            enter=enter,
            stay=stay or (),
            moment=moment,
        )
        if enter
        else propose_rules(site.url, settings.programme, moment)
    )
    language = choose_language(lang, os.environ)
    return facts, f"{format_version(facts, language)}\n\n{format_next(facts, language)}"


@on_results
def approve(
    site: Site,
    version: VersionArgument,
    by: ByOption,
    valid_from: Annotated[
        dt.datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="First day in force; the next review's, before the launch the run's, if absent.",
        ),
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Approve a version of the rules: who did, and from which day on it is in force."""
    from clientela.insiders.score.decisions import approve_rules
    from clientela.report.terminal.programme import format_next

    url, now = site.url, dt.datetime.now(dt.UTC)
    day = valid_from.date() if valid_from else None
    facts = approve_rules(url, site.settings.programme, version, by, day, now)
    return facts, format_next(facts, choose_language(lang, os.environ))


@on_results
def refuse(
    site: Site,
    version: VersionArgument,
    by: ByOption,
    lang: UserLangOption = None,
) -> CommandResult:
    """Refuse a version of the rules for good."""
    from clientela.insiders.score.decisions import refuse_rules
    from clientela.report.terminal.programme import format_next

    facts = refuse_rules(site.url, version, by, dt.datetime.now(dt.UTC))
    return facts, format_next(facts, choose_language(lang, os.environ))


@on_results
def launch(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """Launch the programme: who meets the approved entry rule becomes a member, once."""
    from clientela.pipeline.programme_launch import launch as launch_programme
    from clientela.report.terminal.programme import format_launch
    from clientela.tables.workspace import Workspace

    facts = launch_programme(site.url, Workspace(site.folder))
    return facts, format_launch(facts, choose_language(lang, os.environ))


@on_results
def show(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """Show the state of the programme and the versions of its rules."""
    from clientela.pipeline.programme_launch import show_programme
    from clientela.report.terminal.programme import format_programme

    facts = show_programme(site.url, site.settings)
    return facts, format_programme(facts, choose_language(lang, os.environ))


@on_results
def history(
    site: Site,
    customer: Annotated[
        str | None, typer.Option("--customer", help="Records of one customer, by id.")
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """List the reviews and how many entered, were warned and left; or one customer's records."""
    from clientela.pipeline.programme_launch import list_history
    from clientela.report.terminal.programme import format_history

    facts = list_history(site.url, customer)
    return facts, format_history(facts, choose_language(lang, os.environ))


def propose_of_person(
    url: str, folder: Path, settings: "Settings", enter: Sequence[str], by: str
) -> dict[str, Any]:
    """Judge and store the rules of a person at the dashboard, in a process of its own.

    The server hands it over without its training code, which it must not load itself.
    """
    from clientela.pipeline.programme_launch import propose_own_rules
    from clientela.tables.workspace import Workspace

    moment = dt.datetime.now(dt.UTC)
    return propose_own_rules(
        url, Workspace(folder), settings, enter=enter, stay=(), moment=moment, by=by
    )

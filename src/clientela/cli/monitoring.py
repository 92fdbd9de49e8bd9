"""Commands that look after a workspace: monitor, backfill, backup, restore."""

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    JsonOption,
    Site,
    StoreOption,
    UserLangOption,
    WorkspaceOption,
    on_results,
    on_workspace,
    translate_text,
)
from clientela.cli.subscriptions import send_to_subscribers
from clientela.config.database_url import read_secret
from clientela.config.monitoring import Monitoring
from clientela.config.system import StoreSettings
from clientela.errors import InputError, PlatformError
from clientela.i18n import choose_language

if TYPE_CHECKING:
    from clientela.monitoring.check import Check

METRICS_KEY = "CLIENTELA_METRICS_KEY"


@on_results
def monitor(
    site: Site,
    send: Annotated[
        bool, typer.Option("--send", help="Send new alerts and the heartbeat.")
    ] = False,
    acknowledge: Annotated[
        int | None, typer.Option(min=1, help="Number of an alert that is being looked after.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who looks after it.")] = "",
    silence: Annotated[
        int | None, typer.Option(min=1, help="Number of an alert that is not to be sent.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Days of silence.")] = 7,
    replay: Annotated[
        int | None,
        typer.Option(min=1, help="Replay the checks over so many past weeks, and do no more."),
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Say what is unusual in the published run, by the firm's own past, and what to do."""
    from clientela.pipeline.monitoring import monitor as look
    from clientela.report.terminal.monitoring import format_monitoring, format_replay
    from clientela.store import alerts

    settings, language = site.settings, choose_language(lang, os.environ)
    if replay is not None:
        from clientela.pipeline.monitoring_replay import replay_workspace

        facts = replay_workspace(settings, site.folder, replay)
        return facts, format_replay(facts, language)
    url, now = site.url, dt.datetime.now(dt.UTC)
    if acknowledge is not None:
        if not by:
            raise InputError("who looks after it?", do="give a name: --by NAME")
        alerts.acknowledge(url, acknowledge, by, now)
    if silence is not None:
        alerts.silence(url, silence, now + dt.timedelta(days=days))
    service = _ask_server(settings.monitoring)
    facts = look(settings, site.folder, site.store, now, lang=language, send=send, service=service)
    if send:
        facts["subscriptions"] = send_to_subscribers(site, now)
    return facts, format_monitoring(facts, language)


@on_workspace
def backfill(
    site: Site,
    from_: Annotated[
        dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day to replay.")
    ],
    to: Annotated[dt.datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day to replay.")],
    into: Annotated[Path, typer.Option(help="Folder of the replay's own, with its results.db.")],
    every: Annotated[
        Literal["week", "month"], typer.Option(help="How far the days lie apart.")
    ] = "week",
    lang: UserLangOption = None,
) -> CommandResult:
    """Replay past days in order, each from what was taken in by then, as if it had run then.

    The workspace stays as it is. Days that stand in the folder already are skipped.
    """
    from clientela.pipeline.backfill import backfill as replay
    from clientela.pipeline.backfill import list_days
    from clientela.report.terminal.run import format_backfill

    settings, language = site.settings, choose_language(lang, os.environ)
    days = list_days(from_.date(), to.date(), every)
    facts = replay(settings, site.folder, into, days, lang=language)
    return facts, format_backfill(facts, language)


def _ask_server(limits: Monitoring) -> "list[Check]":
    """Ask the server for its metrics; one that does not answer is an alarm, not a failure."""
    from clientela.client import Client
    from clientela.monitoring.service import check_service, check_silence

    if limits.server is None:
        return []
    try:
        text = Client(limits.server, read_secret(METRICS_KEY) or None).read_text("/metrics")
    except PlatformError:
        return [check_silence(limits.server)]
    return check_service(text, limits)


@on_results
def backup(
    site: Site,
    out: Annotated[
        str, typer.Argument(help="The file to write, such as monday.tar or s3://…/monday.tar.")
    ],
) -> CommandResult:
    """Write the whole workspace to one file: tables, models, results, keys, tombstones.

    Results in PostgreSQL go with it; an access log there is backed up by pg_dump. The file names
    customers: keep it as safe as the workspace.
    """
    from clientela.pipeline.backup import back_up

    facts = back_up(site.folder, out, site.url, dt.datetime.now(dt.UTC))
    if facts["replaced_lock"]:
        taken_over = f"took over the lock of {facts['replaced_lock']}, which had expired"
        typer.echo(translate_text(taken_over), err=True)
    return facts, translate_text(f"{facts['files']:,} files, {facts['bytes']:,} bytes: {out}")


def restore(
    file: Annotated[str, typer.Argument(help="What clientela backup wrote: a file or s3://…")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Bring a backup back into an empty place, every file checked by its hash.

    Results that were in PostgreSQL go to the empty database of --store, else into results.db.
    """
    from clientela.pipeline.backup import restore as bring_back

    facts = bring_back(file, workspace, store and StoreSettings().choose_url(store, store))
    note = "Whoever was erased after the backup is in it again: forget them once more."
    return facts, translate_text(f"{facts['files']:,} files: {workspace}\n{note}")

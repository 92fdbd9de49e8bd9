"""The command that watches: checks, alerts, and how often they would have alarmed."""

import datetime as dt
import os
from typing import Annotated

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    ConfigOption,
    JsonOption,
    StoreOption,
    UserLangOption,
    WorkspaceOption,
    choose_store_url,
    load_settings,
)
from clientela.errors import InputError
from clientela.i18n import choose_language


def monitor(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
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
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Say what is unusual in the published run, by the firm's own past, and what to do."""
    from clientela.pipeline.monitoring import monitor as look
    from clientela.report.terminal.monitoring import format_monitoring, format_replay
    from clientela.store import alerts

    settings, language = load_settings(config, workspace), choose_language(lang, os.environ)
    if replay is not None:
        from clientela.pipeline.monitoring_replay import replay_workspace

        facts = replay_workspace(settings, workspace, replay)
        return CommandResult(facts, format_replay(facts, language))
    url, now = choose_store_url(settings, workspace, store), dt.datetime.now(dt.UTC)
    if acknowledge is not None:
        if not by:
            raise InputError("who looks after it?", do="give a name: --by NAME")
        alerts.acknowledge(url, acknowledge, by, now)
    if silence is not None:
        alerts.silence(url, silence, now + dt.timedelta(days=days))
    facts = look(settings, workspace, store, now, lang=language, send=send)
    return CommandResult(facts, format_monitoring(facts, language))

"""Commands of webhooks: what waits and what died, sending, replaying."""

import datetime as dt
import os
from functools import partial
from typing import Annotated

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results
from clientela.i18n import choose_language, t, translate

FIELDS = ("position", "webhook", "event", "run_id", "state", "attempts", "failure")
MOST = 2**31 - 1  # what the column of a database holds


@on_results
def send_webhooks(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """Send what is due to the webhooks of clientela.toml."""
    from clientela.pipeline.webhooks import send_deliveries

    counts = send_deliveries(site.url, site.settings.webhooks, partial(dt.datetime.now, dt.UTC))
    text = t("webhooks.sent", choose_language(lang, os.environ), **counts)
    return dict(counts), text


@on_results
def list_webhooks(
    site: Site,
    dead: Annotated[bool, typer.Option("--dead", help="Those alone that were given up.")] = False,
    lang: UserLangOption = None,
) -> CommandResult:
    """List the deliveries: waiting, delivered and dead."""
    from clientela.report.terminal.tables import format_table
    from clientela.store.webhooks import list_deliveries

    language = choose_language(lang, os.environ)
    rows = [row for row in list_deliveries(site.url) if row.state == "dead" or not dead]
    facts = [{name: getattr(row, name) for name in FIELDS} for row in rows]
    header = [t(f"webhooks.column.{name}", language) for name in FIELDS]
    lines = [
        [
            *(str(fact[name]) for name in FIELDS[:4]),
            t(f"webhooks.state.{fact['state']}", language),
            fact["attempts"],
            fact["failure"] and translate(fact["failure"], language),
        ]
        for fact in facts
    ]
    text = format_table(header, lines) if lines else t("webhooks.none", language)
    return {"deliveries": facts}, text


@on_results
def replay_webhooks(
    site: Site,
    positions: Annotated[
        list[int] | None,
        typer.Argument(min=1, max=MOST, help="Numbers of deliveries; all dead ones if absent."),
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Queue deliveries anew; `clientela webhooks send` sends them."""
    from clientela.store.webhooks import replay_deliveries

    language = choose_language(lang, os.environ)
    count = replay_deliveries(site.url, positions or (), dt.datetime.now(dt.UTC))
    return {"queued": count}, t("webhooks.queued", language, count=count)

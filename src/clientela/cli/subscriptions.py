"""Commands of subscriptions: who is told of what, sending, adding and ending them."""

import datetime as dt
import os
from typing import Annotated, Any

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results
from clientela.config import Settings
from clientela.contract.subscriptions import Bound, Every, Measure
from clientela.errors import InputError, PlatformError
from clientela.i18n import choose_language, t

FIELDS = ("subscription_id", "subject", "every", "user_id", "sent_at", "failure")


def find_dashboard(settings: Settings) -> str:
    """Return where readers find the dashboard, for links."""
    serving = settings.serving
    return settings.oidc.public_url or f"http://{serving.host}:{serving.port}"


def send_to_subscribers(site: Site, now: dt.datetime) -> dict[str, Any]:
    """Send what is due; returns how many messages were sent.

    Raises
    ------
    PlatformError
        A channel did not take one; it is sent again with the next command.
    """
    from clientela.pipeline.subscriptions import send_subscriptions as send

    facts = send(site.url, find_dashboard(site.settings), now)
    if facts["failed"]:
        raise PlatformError(
            f"{facts['failed']} messages were not sent: {facts['failure']}",
            do="see docs/guide/monitoring.md; they are sent again with the next command",
        )
    return facts


@on_results
def send_subscriptions(site: Site, lang: UserLangOption = None) -> CommandResult:
    """Send what is due to who subscribed, by the channels of alerts; nothing twice."""
    facts = send_to_subscribers(site, dt.datetime.now(dt.UTC))
    return facts, t("subscription.counts", choose_language(lang, os.environ), **facts)


@on_results
def list_subscriptions(site: Site, lang: UserLangOption = None) -> CommandResult:
    """List who is told of what, how often, and when it was sent last."""
    from contextlib import closing

    from clientela.report.terminal.tables import format_table
    from clientela.store.read import open_reader
    from clientela.store.subscriptions import read_subscriptions

    language = choose_language(lang, os.environ)
    with closing(open_reader(site.url, momentary=True)) as reader:
        rows = read_subscriptions(reader)
    facts = [{name: row[name] for name in FIELDS} for row in rows]
    header = [t(f"subscription.column.{name}", language) for name in FIELDS]
    lines = [[str(fact[name] or "") for name in FIELDS] for fact in facts]
    text = format_table(header, lines) if lines else t("subscription.none", language)
    return {"subscriptions": facts}, text


@on_results
def add_subscription(
    site: Site,
    subject: Annotated[str, typer.Argument(help="audience:ID or view:ID.")],
    user: Annotated[str, typer.Option(help="Who is told: the id of a user.")],
    every: Annotated[Every, typer.Option(help="How often, or alert.")] = "week",
    measure: Annotated[Measure | None, typer.Option(help="Of an alert: which count.")] = None,
    bound: Annotated[Bound | None, typer.Option(help="Of an alert: which side.")] = None,
    threshold: Annotated[int | None, typer.Option(min=0, help="Of an alert: so many.")] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Subscribe somebody to an audience or a saved view, in the language of the command."""
    from clientela.store.subscriptions import SubscriptionDraft, subscribe

    language = choose_language(lang, os.environ)
    draft = SubscriptionDraft(subject, every, language, measure, bound, threshold)
    subscription_id = subscribe(site.url, draft, user, user, dt.datetime.now(dt.UTC))
    return {"subscription_id": subscription_id}, subscription_id


@on_results
def remove_subscription(
    site: Site,
    subscription_id: Annotated[str, typer.Argument(help="Its id, as the list has it.")],
) -> CommandResult:
    """End a subscription."""
    from clientela.store.subscriptions import unsubscribe

    if not unsubscribe(site.url, subscription_id):
        raise InputError(
            f"there is no subscription '{subscription_id}'", do="see clientela subscriptions list"
        )
    return {"removed": subscription_id}, subscription_id

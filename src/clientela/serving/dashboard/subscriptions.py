"""What one is told of: audiences and saved views, how often, and how to stop it."""

import datetime as dt
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.contract.subscriptions import BOUNDS, EVERY, MEASURES
from clientela.errors import InputError
from clientela.serving.auth import get_actor
from clientela.serving.dashboard.customers import write_error
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.subscriptions import find_owner
from clientela.serving.sessions import get_form
from clientela.store.audience_reader import read_audiences
from clientela.store.read import Reader, Row
from clientela.store.saved_views import read_views
from clientela.store.subscriptions import (
    SubscriptionDraft,
    read_subscriptions,
    subscribe,
    unsubscribe,
)

USUAL = EVERY[1]


@read(HOME + "/subscriptions", right="audiences")
async def show_subscriptions(
    request: AnyRequest, subject: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Show what one is told of, and the form of another subscription."""
    page, results = await open_page(request, "subscriptions", lang)
    return await _show(page, results, subject)


async def _show(
    page: Page, results: Results, subject: str, error: str = "", code: int = 200
) -> Response[str]:
    own = partial(read_subscriptions, user_id=find_owner(page.request))
    rows = await results.ask(own)
    subjects = await results.ask(_list_subjects)
    names = dict(subjects)
    count = page.write(len(rows), "count")
    return page.respond(
        page.say("subscriptions.title", count=count) if rows else page.say("subscriptions.none"),
        code=code,
        twin="../v1/subscriptions",
        error=error,
        rows=[_describe(page, row, names) for row in rows],
        subjects=subjects,
        subject=subject,
        every=EVERY,
        usual=USUAL,
        measures=MEASURES,
        bounds=BOUNDS,
    )


def _list_subjects(reader: Reader) -> list[tuple[str, str]]:
    """List what one can subscribe to: audiences, then views."""
    return [
        *(
            (f"audience:{audience.audience_id}", audience.name)
            for audience in read_audiences(reader)
        ),
        *((f"view:{view['view_id']}", str(view["name"])) for view in read_views(reader)),
    ]


def _describe(page: Page, row: Row, names: dict[str, str]) -> tuple[str, str, str, str]:
    """Describe a subscription: its id, of what, when, and how it went."""
    subject = str(row["subject"])
    when = page.say(f"subscriptions.every.{row['every']}")
    if row["every"] == "alert":
        when = page.say(
            f"subscriptions.told.{row['bound']}",
            measure=page.say(f"subscriptions.measure.{row['measure']}"),
            count=page.write(row["threshold"], "count"),
        )
    sent = cast("dt.datetime | None", row["sent_at"])
    state = page.say("subscriptions.sent", day=page.write(sent.date())) if sent else ""
    if row["failure"]:
        state = page.say("subscriptions.failed")
    return str(row["subscription_id"]), names.get(subject, subject), when, state


@submit(HOME + "/subscriptions", right="audiences")
async def change_subscriptions(
    request: AnyRequest, lang: LangQuery = None
) -> Redirect | Response[str]:
    """Subscribe by a form, or end a subscription of one's own."""
    page, results = await open_page(request, "subscriptions", lang)
    sent = {name: str(text).strip() for name, text in get_form(request).items()}
    owner = find_owner(request)
    try:
        if "remove" in sent:
            await results.change(unsubscribe, sent["remove"], owner)
        else:
            draft, now = _read_draft(page, sent), dt.datetime.now(dt.UTC)
            await results.change(subscribe, draft, owner, get_actor(request), now)
    except InputError as error:
        text = write_error(error, page.lang)
        return await _show(page, results, sent.get("subject", ""), text, 400)
    return Redirect(page.link("subscriptions"), status_code=303)


def _read_draft(page: Page, sent: dict[str, str]) -> SubscriptionDraft:
    every: Any = sent.get("every") if sent.get("every") in EVERY else USUAL
    subject = sent.get("subject", "")
    if every != "alert":
        return SubscriptionDraft(subject, every, page.lang)
    measure: Any = sent.get("measure") if sent.get("measure") in MEASURES else None
    bound: Any = sent.get("bound") if sent.get("bound") in BOUNDS else None
    number = sent.get("threshold", "")
    threshold = int(number) if number.isdecimal() and len(number) < 10 else None
    return SubscriptionDraft(subject, every, page.lang, measure, bound, threshold)

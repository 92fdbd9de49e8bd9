"""What happened to a person, day by day: orders, returns, segments, programme, experiments."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clientela.contract.tables import DAY_ORDER
from clientela.serving.dashboard.customers import ROWS
from clientela.serving.dashboard.frame import Page
from clientela.store.history import CAMPAIGN, EXPERIMENT, SEGMENT, TAG, HistoryEvent

if TYPE_CHECKING:
    from clientela.privacy.access import Order

# Day, what happened, and of an order products, lines and amount; its id, and that of its purchase
Entry = tuple[str, str, tuple[str, str, str] | None, str, str]


def build_history(
    page: Page, orders: Sequence["Order"], events: Sequence[HistoryEvent], names: Mapping[int, str]
) -> list[Entry]:
    """Build a customer's days, the latest first; what changed stands above the orders of a day."""
    entries = [(event.day, _build_event(page, event, names)) for event in events]
    entries += [(order.day, _build_order(page, order)) for order in orders]
    latest = sorted(entries, key=lambda entry: entry[0], reverse=True)[:ROWS]
    shown = {order_id for _, (*_, order_id, _) in latest}
    return [
        (day, what, content, order_id, purchase if purchase in shown else "")
        for _, (day, what, content, order_id, purchase) in latest
    ]


def _build_order(page: Page, order: "Order") -> Entry:
    key = order.kind if order.returns_order_id is None else "return_of"
    if order.order_id.startswith(DAY_ORDER):  # the source has no number that one could look up
        key = f"{order.kind}_unnumbered"
    what = page.say(f"order.{key}", id=order.order_id, other=order.returns_order_id)
    amount, lines = page.write(order.amount, "amount"), page.write(order.lines, "count")
    content = ", ".join(order.products), lines, amount
    anchor = order.order_id if order.kind == "sale" else ""
    return page.write(order.day), what, content, anchor, order.returns_order_id or ""


def _build_event(page: Page, event: HistoryEvent, names: Mapping[int, str]) -> Entry:
    return page.write(event.day), _say_event(page, event, names), None, "", ""


def _say_event(page: Page, event: HistoryEvent, names: Mapping[int, str]) -> str:
    if event.kind == SEGMENT:
        before, after = (
            page.say("customer.no_segment") if number is None else names.get(int(number), number)
            for number in (event.before, event.after)
        )
        return page.say("event.segment", before=before, after=after)
    if event.kind == EXPERIMENT:
        arm = page.say(f"experiment.{event.after}")
        return page.say("event.experiment", name=event.about, arm=arm)
    if event.kind == CAMPAIGN:
        key = "event.campaign_offer" if event.after else "event.campaign"
        return page.say(key, title=event.about, offer=event.after)
    if event.kind == TAG:
        return page.say("event.tag", tag=event.about)
    return page.say(f"event.programme.{event.kind}", tier=event.about or "")

"""A customer's place in the programme: what keeps them in or is missing, in words and as a bar."""

from typing import Any, cast

from clientela.report.lists.kinds import write_to_go
from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.store.queries import select_place
from clientela.store.read import Row

Progress = tuple[str, float, float]
"""What a bar says, how far it is filled, and its end."""


async def read_place(page: Page, results: Results, customer_id: str) -> Row:
    """Read what a customer is to the programme; empty for others."""
    bound = {"run_id": page.run.run_id, "customer_id": customer_id}
    rows = await results.ask(lambda reader: reader.ask(select_place(), **bound), long=True)
    return rows[0] if rows else {}


async def find_progress(page: Page, results: Results, row: Row, membership: Row) -> Progress | None:
    """Find how far a customer is from entering, or from staying; None where no amount says so."""
    if not membership:
        return None
    conditions = await results.ask(lambda reader: reader.table("programme_conditions").content)
    is_launched = page.run.programme.get("state") == "launched"
    kind = "exit" if is_launched and membership["status"] != "candidate" else "entry"
    limits = {
        str(condition["feature"]): cast(float, condition["value"])
        for condition in conditions
        if condition["kind"] == kind
        and condition["operator"] == ">="
        and condition["unit"] != "days"
    }
    if membership["status"] == "candidate":
        return _measure_candidate(page, membership, limits)
    return _measure_member(page, row, membership, limits)


def _measure_candidate(page: Page, membership: Row, limits: dict[str, float]) -> Progress | None:
    """Measure the condition of which most is missing by the next review."""
    missing = cast("dict[str, float]", membership["missing"] or {})
    shares = [(missing[name] / limits[name], name) for name in missing if limits.get(name)]
    if not shares or membership["deadline"] is None:
        return None
    share, name = max(shares)
    says = _say_missing(page, missing, "progress.enter", membership["deadline"])
    return says, limits[name] * max(1.0 - share, 0.0), limits[name]


def _measure_member(
    page: Page, row: Row, membership: Row, limits: dict[str, float]
) -> Progress | None:
    """Measure the condition that is met least."""
    owned = [(cast(float, row[name]), name) for name in limits if row[name] is not None]
    if not owned:
        return None
    own, name = min(owned, key=lambda pair: pair[0] / limits[pair[1]] if limits[pair[1]] else 1.0)
    lacks = {name: limits[name] - own}
    if lacks[name] <= 0.0:
        programme = page.run.programme.get("name", "")
        return page.say("progress.met", programme=programme), limits[name], limits[name]
    if membership["leaves_on"] is None:
        return None
    says = _say_missing(page, lacks, "progress.stay", membership["leaves_on"])
    return says, max(own, 0.0), limits[name]


def _say_missing(page: Page, missing: dict[str, float], key: str, day: object) -> str:
    words = write_to_go(missing, page.lang, page.run.currency)
    programme = page.run.programme.get("name", "")
    return page.say(key, programme=programme, to_go=words, day=page.write(day))


def list_fields(page: Page, row: Row, membership: Row) -> dict[str, str]:
    """List what is known of a customer for the merge fields of a letter, but no name."""
    dates = {name: membership.get(name) for name in ("deadline", "leaves_on", "tier_ends_on")}
    texts: dict[str, Any] = {
        "to_go": write_to_go(membership.get("missing"), page.lang, page.run.currency),
        "tier": membership.get("tier"),
        "last_order": row["last_order_date"] and page.write(row["last_order_date"]),
        **{name: day and page.write(day) for name, day in dates.items()},
    }
    return {name: str(text) for name, text in texts.items() if text}

"""The table of segments: what they bring, how they grew, what an order is worth, their risk."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from clientela.i18n import format_share
from clientela.serving.dashboard.frame import MINUS, NOTHING, Page
from clientela.serving.results import Results
from clientela.serving.routes.segments import list_parts
from clientela.serving.segment_measures import measure
from clientela.store.filters import Condition, write_filter
from clientela.store.read import Row

COLUMNS = (
    ("customers", "count"),
    ("customers_share", "share"),
    ("revenue", "amount"),
    ("revenue_share", "share"),
    ("mean_order", "amount"),
    ("repeat_share", "share"),
    ("high_risk_share", "share"),
    ("churn_probability", "share"),
    ("expected_revenue", "amount"),
)
GROWN = ("customers", "revenue")


class SegmentTable(NamedTuple):
    """Column heads, a line for each segment with its name, page and cells, and what it says."""

    heads: Sequence[str]
    lines: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]
    note: str


async def build_table(page: Page, results: Results, rows: Sequence[Row]) -> SegmentTable:
    """Build the table; a cell is a text and its growth, column by column as they are there."""
    measured = [{**row, **measure(row)} for row in rows]
    columns = [pair for pair in COLUMNS if any(row[pair[0]] is not None for row in measured)]
    days = await find_days(results)
    heads = [
        page.say(f"segments.table.{name}", days=page.write(days, "days")) for name, _ in columns
    ]
    lines = [
        (
            str(row[f"name_{page.lang.lower()}"]),
            _link_row(page, row),
            [
                (page.write(row[name], unit), _write_growth(page, row, name))
                for name, unit in columns
            ],
        )
        for row in measured
    ]
    since = " · ".join(page.say_since(since) for since in page.compared)
    return SegmentTable(heads, lines, page.say("segments.growth", since=since) if since else "")


async def find_days(results: Results) -> int | None:
    """Find the days of the run's forecast of its customers; None where there is none."""
    rows = await results.ask(lambda reader: reader.table("figures").content)
    known = (row["horizon_days"] for row in rows if row["name"] == "expected_revenue_known")
    return cast("int | None", next(known, None))


def _link_row(page: Page, row: Row) -> str:
    """Link to a segment's page; of some that are shown as one, to the list for who may see it."""
    parts = list_parts(row)
    if len(parts) == 1:
        return page.link("segment", id=row["segment"])
    filter_text = write_filter(Condition("segment", "in", tuple(parts)))
    return page.link("customers", filter=filter_text) if page.may("lists") else ""


def _write_growth(page: Page, row: Row, name: str) -> str:
    """Write by how much a size grew since each run that the page is compared with."""
    growth = cast("Mapping[str, Mapping[str, float | None]]", row["growth"])
    if name not in GROWN or not growth:
        return ""
    shares = [growth.get(since, {}).get(name) for since in page.compared]
    return " · ".join(_write_share(page, share) for share in shares)


def _write_share(page: Page, share: float | None) -> str:
    if share is None:
        return NOTHING
    written = format_share(abs(share), page.lang)
    return "=" if share == 0 else f"{'+' if share > 0 else MINUS}{written}"

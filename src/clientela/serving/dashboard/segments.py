"""Segments: who they are, what they bring, and who moved."""

from typing import Any, cast

from litestar import Response

from clientela.report.answer import Axis, Chart, Series, Tone
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.small_groups import keep_large
from clientela.store.read import Row

TONES: dict[str, Tone] = {"customers": "quiet", "revenue": "accent"}


@read(HOME + "/segments", right="aggregates")
async def show_segments(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the segments of the published run."""
    page, results = await open_page(request, "segments", lang)
    rows = keep_large(request, await results.ask(lambda reader: reader.table("segments").content))
    if not rows:
        return page.respond(page.say("segments.none"), segments=[])
    first = max(rows, key=lambda row: cast(float, row["revenue"]))
    lang_column = page.lang.lower()
    title = page.say(
        "segments.title",
        name=first[f"name_{lang_column}"],
        customers=page.write(first["customers_share"], "share"),
        revenue=page.write(first["revenue_share"], "share"),
    )
    return page.respond(
        title,
        charts=[_build_chart(page, rows)],
        twin="../v1/segments",
        segments=[_build_segment(page, row) for row in rows],
    )


def _build_chart(page: Page, rows: list[Row]) -> Chart:
    """Draw each segment's share of customers and of revenue side by side."""
    names = tuple(str(row[f"name_{page.lang.lower()}"]) for row in rows)
    shares = [
        Series(
            page.say(f"segments.{name}"),
            tuple(cast("float | None", row[f"{name}_share"]) for row in rows),
            tone=tone,
        )
        for name, tone in TONES.items()
    ]
    title = page.say("segments.chart")
    return Chart("segments", title, "bars", tuple(shares), names, value=Axis(format="share"))


def _build_segment(page: Page, row: Row) -> dict[str, Any]:
    lang = page.lang.lower()
    return {
        "name": row[f"name_{lang}"],
        "text": row[f"description_{lang}"],
        "rule": row[f"rule_{lang}"],
        "customers": page.write(row["customers"], "count"),
        "customers_share": page.write(row["customers_share"], "share"),
        "revenue": page.write(row["revenue"], "amount"),
        "revenue_share": page.write(row["revenue_share"], "share"),
        "link": page.link("customers", filter=f"segment = {row['segment']}"),
        "files": page.list_files(f"../v1/segments/{row['segment']}/customers?"),
        "may_list": page.may("lists"),
    }

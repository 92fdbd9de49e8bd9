"""The question what share of revenue the members hold."""

from typing import Any

import numpy as np
import pyarrow.compute as pc

from clientela.i18n import Lang
from clientela.report.answer import Answer, Axis, Chart, Figure, Mark, Series
from clientela.report.answers.known import column, customers, inside, members
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData


def revenue_share(material: ReportData, lang: Lang) -> Answer:
    """Give the members' share of the last twelve months, the size curve, and the months before."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("revenue_share.question", programme=name)
    share = _share(material)
    if share is None:
        return Answer("revenue_share", question, words.say("programme.none", programme=name))
    every = customers(material)
    told = {
        "programme": name,
        "customers": words.share(members(material) / every if every else None),
        "revenue": words.share(share),
    }
    charts = (_curve(material, words, share), _months(material, words, name))
    return Answer(
        key="revenue_share",
        question=question,
        headline=words.say("revenue_share.headline", **told),
        paragraphs=_bend(material, words),
        value=Figure(words.share(share), words.say("revenue_share.figure"), share),
        charts=tuple(chart for chart in charts if chart),
        caveat=words.say("revenue_share.caveat", programme=name),
    )


def _share(material: ReportData) -> float | None:
    table = inside(material)
    everything = float(column(material, "revenue_365d").sum())
    if table is None or everything <= 0:
        return None
    return float(pc.sum(table["revenue_365d"]).as_py() or 0.0) / everything


def _marked(material: ReportData, which: str) -> dict[str, Any] | None:
    found = [row for row in material.rows("programme_size") if row[which]]
    return found[0] if found else None


def _bend(material: ReportData, words: Formatter) -> tuple[str, ...]:
    bend = _marked(material, "bend")
    if bend is None:
        return ()
    told = {name: words.share(bend[name]) for name in ("customers_share", "revenue_share")}
    return (words.say("revenue_share.bend", **told),)


def _curve(material: ReportData, words: Formatter, share: float) -> Chart | None:
    rows = sorted(material.rows("programme_size"), key=lambda row: row["customers_share"])
    if len(rows) < 3:
        return None
    every = customers(material)
    today = members(material) / every if every else 0.0
    marks = [Mark(today, words.say("revenue_share.today"))]
    for which in ("bend", "budget"):
        found = _marked(material, which)
        if found is not None:
            marks.append(Mark(found["customers_share"], words.say(f"revenue_share.mark_{which}")))
    points = tuple((row["customers_share"], row["revenue_share"]) for row in rows)
    at = np.interp(0.1, *np.array(points).T)
    return Chart(
        key="size_curve",
        title=words.say(
            "revenue_share.curve", top=words.whole_share(0.1), share=words.share(float(at))
        ),
        kind="lines",
        category=Axis(words.say("revenue_share.customers_axis"), "share"),
        value=Axis(words.say("revenue_share.revenue_axis"), "share"),
        series=(
            Series(words.say("revenue_share.best"), points),
            Series(words.say("revenue_share.members"), ((today, share),), tone="signal"),
        ),
        marks=tuple(marks),
        note=words.say("revenue_share.curve_note"),
    )


def _months(material: ReportData, words: Formatter, name: str) -> Chart | None:
    rows = sorted(material.rows("programme_months"), key=lambda row: row["as_of"])
    known = [row["revenue_share"] for row in rows if row["revenue_share"] is not None]
    if len(known) < 2:
        return None
    low, high = words.share(min(known)), words.share(max(known))
    return Chart(
        key="revenue_share_by_month",
        title=words.say("revenue_share.months", programme=name, low=low, high=high),
        kind="columns",
        categories=tuple(words.date(row["as_of"]) for row in rows),
        value=Axis(words.say("revenue_share.month_axis"), "share"),
        series=(
            Series(words.say("revenue_share.of_revenue"), tuple(r["revenue_share"] for r in rows)),
            Series(
                words.say("revenue_share.of_customers"),
                tuple(row["members_share"] for row in rows),
                tone="quiet",
            ),
        ),
        note=words.say("revenue_share.months_note"),
    )

"""The question who the customers are."""

import calendar
import datetime as dt
from typing import Any

import numpy as np

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.cohorts import cohort_chart, returning
from clientela.report.answers.known import Doubles, column, customers
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

PROFILE = (
    "revenue",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
)
TOP = 0.1
CONCENTRATED = 2.5
"""Times their number that the largest must hold before revenue is called concentrated."""
QUARTILES = (0.25, 0.5, 0.75, 0.95)


def who_they_are(material: ReportData, lang: Lang) -> Answer:
    """Describe the base: how many, what they bring, month by month, and whether they come back."""
    words = make_formatter(material, lang)
    many = customers(material)
    question = words.say("customers.question")
    if not many:
        return Answer("customers", question, words.say("customers.nobody"))
    charts = [_months(material, words), cohort_chart(material, words)]
    return Answer(
        key="customers",
        question=question,
        headline=_headline(material, words, many),
        paragraphs=_paragraphs(material, words),
        value=Figure(words.number(many), words.say("customers.figure"), many),
        charts=tuple(chart for chart in charts if chart),
        tables=_profile(material, words),
        caveat=words.say("customers.caveat"),
    )


def _headline(material: ReportData, words: Formatter, many: int) -> str:
    orders, revenue = column(material, "orders"), column(material, "revenue")
    told = {"revenue": words.short(float(revenue.sum())), "as_of": words.date(material.as_of)}
    if not orders.size:
        return words.count("customers.only_count", many, as_of=told["as_of"])
    once = float((orders <= 1).mean())
    return words.count("customers.headline", many, once=words.share(once), **told)


def _paragraphs(material: ReportData, words: Formatter) -> tuple[str, ...]:
    revenue = column(material, "revenue")
    said = []
    if revenue.size >= 1 / TOP and revenue.sum() > 0:
        said.append(_concentration(revenue, words))
    said.append(_unidentified(material, words))
    months = material.rows("revenue_by_month")
    if months and _is_partial(months[-1]["month"], material.as_of):
        month, day = words.month(months[-1]["month"]), words.date(material.as_of)
        said.append(words.say("customers.partial", month=month, as_of=day))
    back = returning(material, words)
    return tuple(text for text in (*said, back) if text)


def _concentration(revenue: Doubles, words: Formatter) -> str:
    top = np.sort(revenue)[::-1][: max(1, int(len(revenue) * TOP))]
    held = float(top.sum() / revenue.sum())
    return words.say(
        "customers.concentration" if held > CONCENTRATED * TOP else "customers.spread_out",
        top=words.whole_share(TOP),
        share=words.share(held),
        median=words.money(float(np.median(revenue))),
        mean=words.money(float(revenue.mean())),
    )


def _unidentified(material: ReportData, words: Formatter) -> str:
    share = material.facts.get("unidentified_share")
    if share is None:
        return ""
    if not share:
        return words.say("customers.all_identified")
    return words.say("customers.unidentified", share=words.share(share))


def _is_partial(month: dt.date, as_of: dt.date) -> bool:
    """Tell whether the month of the last day known goes on after it."""
    last = calendar.monthrange(as_of.year, as_of.month)[1]
    return (month.year, month.month) == (as_of.year, as_of.month) and as_of.day < last


def _months(material: ReportData, words: Formatter) -> Chart | None:
    rows = sorted(material.rows("revenue_by_month"), key=lambda row: row["month"])
    if not rows:
        return None
    partial = _is_partial(rows[-1]["month"], material.as_of)
    pale = (len(rows) - 1,) if partial else ()
    named, unnamed = words.say("customers.with_id"), words.say("customers.without_id")
    known = tuple(row["net"] - (row["unidentified_amount"] or 0.0) for row in rows)
    unknown = tuple(row["unidentified_amount"] or 0.0 for row in rows)
    series = [Series(named, known, tone="accent", pale=pale)]
    if any(unknown):
        series.append(Series(unnamed, unknown, tone="quiet", pale=pale))
    return Chart(
        key="revenue_by_month",
        title=_best_month(rows, partial, words),
        kind="columns",
        categories=tuple(words.month(row["month"]) for row in rows),
        value=Axis(words.say("customers.revenue_axis"), "money"),
        series=tuple(series),
        stacked=True,
        note=words.say("customers.pale") if partial else "",
        currency=words.currency,
    )


def _best_month(rows: list[dict[str, Any]], partial: bool, words: Formatter) -> str:
    if partial and len(rows) == 1:
        return words.say("customers.only_month", revenue=words.short(rows[0]["net"]))
    whole = rows[:-1] if partial else rows
    best = max(whole, key=lambda row: row["net"])
    month, revenue = words.month(best["month"]), words.short(best["net"])
    if len(whole) == 1:
        return words.say("customers.one_month", month=month, revenue=revenue)
    return words.say("customers.best_month", month=month, revenue=revenue)


def _profile(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    rows = [
        (words.feature(name), *(words.value(name, float(q)) for q in np.quantile(v, QUARTILES)))
        for name in PROFILE
        if (v := column(material, name)).size
    ]
    if not rows:
        return ()
    heads = (words.say(f"customers.column_{name}") for name in ("q25", "median", "q75", "q95"))
    columns = (
        AnswerColumn(words.say("column.feature")),
        *(AnswerColumn(head, True) for head in heads),
    )
    title = words.say("customers.profile")
    note = words.say("customers.profile_note")
    return (AnswerTable("customer_profile", title, columns, tuple(rows), note=note),)

"""The question who the customers are: revenue by month, cohorts, profile of the base."""

import datetime as dt
from typing import Any

import numpy as np

from clientela.report.answer import (
    LEAST_COHORT,
    MOST_COHORTS,
    MOST_MONTHS_AFTER,
    Answer,
    AnswerTable,
    Axis,
    Chart,
    Mark,
    Series,
    drop_absent,
)
from clientela.report.answers.figures import TOP, cite, find_figure, head
from clientela.report.answers.queries import (
    Rows,
    count_customers,
    count_months,
    find_best_month,
    is_partial,
    list_months,
    read_column,
)
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

PROFILE = (
    "revenue",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
)
CONCENTRATED = 2.5
"""Times their number that the largest must hold before revenue is called concentrated.

By convention: a quarter of revenue with a tenth of customers; evenly spread bases hold less.
"""
# By convention of statistics, with one mark in the tail.
QUARTILES = {"q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}
MOST_EVENTS = 10  # marks in the chart; more labels cover one another, as seen at 1280 pixels
HARDLY_ANYBODY = 0.0005  # is written as 0.0 %


def answer_customers(data: ReportData, fmt: Formatter) -> Answer:
    """Describe the base: how many, what they spend, month by month, and who comes back."""
    customers = count_customers(data)
    question = fmt.say("customers.question")
    if not customers:
        return Answer("customers", question, fmt.say("customers.nobody"))
    return Answer(
        "customers",
        question,
        _write_headline(data, fmt, customers),
        paragraphs=drop_absent(_write_paragraphs(data, fmt)),
        value=head(data, fmt, "customers", fmt.say("customers.figure")),
        charts=drop_absent((_draw_months(data, fmt), _draw_cohorts(data, fmt))),
        tables=drop_absent((_list_profile(data, fmt),)),
        caveat=fmt.say("customers.caveat"),
    )


def _write_headline(data: ReportData, fmt: Formatter, customers: int) -> str:
    as_of = fmt.date(data.as_of)
    if not find_figure(data, "one_order_share"):
        return fmt.count("customers.only_count", customers, as_of=as_of)
    figures = cite(data, fmt, once="one_order_share", revenue="revenue")
    if customers > 1 and find_figure(data, "one_order_share")["value"] < HARDLY_ANYBODY:
        return fmt.say("customers.headline_all", as_of=as_of, revenue=figures["revenue"])
    return fmt.count("customers.headline", customers, as_of=as_of, **figures)


def _write_paragraphs(data: ReportData, fmt: Formatter) -> list[str]:
    texts = []
    if find_figure(data, "median_revenue"):
        texts.append(_describe_spending(data, fmt))
    texts.append(_describe_missing_ids(data, fmt))
    months = data.rows("revenue_by_month")
    if months and is_partial(months[-1]["month"], data.as_of):
        month, day = fmt.month(months[-1]["month"]), fmt.date(data.as_of)
        texts.append(fmt.say("customers.partial", month=month, as_of=day))
    return [*texts, _describe_returning(data, fmt)]


def _describe_spending(data: ReportData, fmt: Formatter) -> str:
    """Say what the typical customer spends, and why the average one spends more."""
    key = "customers.typical_few" if is_concentrated(data) else "customers.typical"
    return fmt.say(key, **cite(data, fmt, median="median_revenue", mean="mean_revenue"))


def is_concentrated(data: ReportData) -> bool:
    """Check whether a few large buyers account for much of the revenue."""
    share = find_figure(data, "top_tenth_revenue_share_365d").get("value")
    return share is not None and share > CONCENTRATED * TOP


def _describe_missing_ids(data: ReportData, fmt: Formatter) -> str:
    share = find_figure(data, "unidentified_share").get("value")
    if share is None:
        return ""
    if not share:
        return fmt.say("customers.all_identified")
    return fmt.say("customers.unidentified", **cite(data, fmt, share="unidentified_share"))


def _draw_months(data: ReportData, fmt: Formatter) -> Chart | None:
    rows = list_months(data)
    if not rows:
        return None
    partial = is_partial(rows[-1]["month"], data.as_of)
    pale = (len(rows) - 1,) if partial else ()
    unidentified = tuple(row["unidentified_amount"] or 0.0 for row in rows)
    identified = tuple(row["net"] - (row["unidentified_amount"] or 0.0) for row in rows)
    series = [Series(fmt.say("customers.with_id"), identified, tone="accent", pale=pale)]
    if any(unidentified):
        name = fmt.say("customers.without_id")
        series.append(Series(name, unidentified, tone="quiet", pale=pale))
    return Chart(
        key="revenue_by_month",
        title=_name_best_month(data, partial, fmt),
        kind="columns",
        categories=tuple(fmt.month(row["month"]) for row in rows),
        value=Axis(fmt.say("customers.revenue_axis"), "money"),
        series=tuple(series),
        stacked=True,
        marks=_mark_events(data, rows, fmt),
        note=fmt.say("customers.pale") if partial else "",
        currency=fmt.currency,
    )


def _mark_events(data: ReportData, rows: Rows, fmt: Formatter) -> tuple[Mark, ...]:
    """Mark the months in which events of the calendar begin, as many events as there is room."""
    places = {
        (row["month"].year, row["month"].month): position for position, row in enumerate(rows)
    }
    marks: list[Mark] = []
    names: dict[str, list[int]] = {}
    for event in data.facts.get("events", ()):
        position = places.get((event.begins.year, event.begins.month))
        if position is not None:
            names.setdefault(event.pt_BR if fmt.lang == "pt_BR" else event.en, []).append(position)
    for name, months in names.items():
        if len(marks) + len(months) <= MOST_EVENTS:
            marks += [Mark(position, name) for position in months]
    return tuple(sorted(marks, key=lambda mark: mark.at))


def _name_best_month(data: ReportData, partial: bool, fmt: Formatter) -> str:
    revenue, complete = cite(data, fmt, revenue="best_month_revenue"), len(list_months(data))
    if partial and complete == 1:
        return fmt.say("customers.only_month", **revenue)
    key = "customers.one_month" if complete == 1 + partial else "customers.best_month"
    return fmt.say(key, month=fmt.month(find_best_month(data)["month"]), **revenue)


def _list_profile(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    rows = [
        {"feature": name}
        | {
            column: fmt.value(name, float(np.quantile(values, at)))
            for column, at in QUARTILES.items()
        }
        for name in PROFILE
        if (values := read_column(data, name)).size
    ]
    return fmt.table(
        "customer_profile",
        fmt.say("customers.profile"),
        rows,
        [
            ("column.feature", "feature", "feature"),
            ("customers.column_q25", "figure", "q25"),
            ("customers.column_median", "figure", "median"),
            ("customers.column_q75", "figure", "q75"),
            ("customers.column_q95", "figure", "q95"),
        ],
        note=fmt.say("customers.profile_note"),
    )


def _describe_returning(data: ReportData, fmt: Formatter) -> str:
    """Say what share of new customers still buys after half a year."""
    if not find_figure(data, "returning_after_six_months"):
        return ""
    return fmt.say("cohorts.after_six", **cite(data, fmt, share="returning_after_six_months"))


def _draw_cohorts(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw which share of each month's new customers ordered again in the months after."""
    rows = data.rows("cohorts")
    large = {row["cohort"] for row in rows if _is_large(row)}
    firsts = sorted(large)[-MOST_COHORTS:]
    oldest = max((count_months(row) for row in rows if row["cohort"] in firsts), default=0)
    months = range(1, min(oldest, MOST_MONTHS_AFTER) + 1)
    if not months or not find_figure(data, "returning_after_one_month"):
        return None
    shares = {
        (row["cohort"], count_months(row)): row["active"] / row["customers"]
        for row in rows
        if row["customers"]
    }
    return Chart(
        key="cohorts",
        title=fmt.say("cohorts.title", **cite(data, fmt, share="returning_after_one_month")),
        kind="heat",
        categories=tuple(fmt.number(month) for month in months),
        category=Axis(fmt.say("cohorts.months_later"), "text"),
        value=Axis(fmt.say("cohorts.active"), "share"),
        series=tuple(
            Series(fmt.month(first), tuple(shares.get((first, month)) for month in months))
            for first in firsts
            if (first, 1) in shares
        ),
        note=_explain_cohorts(rows, firsts, fmt),
    )


def _explain_cohorts(rows: Rows, firsts: list[dt.date], fmt: Formatter) -> str:
    earliest = min(row["cohort"] for row in rows)
    note = fmt.say("cohorts.note" if earliest in firsts else "cohorts.note_cut")
    if all(_is_large(row) for row in rows):
        return note
    return f"{note} {fmt.say('cohorts.small', n=fmt.number(LEAST_COHORT))}"


def _is_large(row: dict[str, Any]) -> bool:
    return int(row["customers"] or 0) >= LEAST_COHORT

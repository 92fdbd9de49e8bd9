"""Customers' value: expected revenue by segment, next orders, P(alive)."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.report.answers.queries import (
    Doubles,
    Rows,
    name_segments,
    read_column,
    read_facts,
    read_numbers,
)
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

ENDS_DAYS = (30, 60, 90, 180)  # by convention: about one, two, three and six months
BINS = 10  # by convention: tenths of the scale
PROBABLY = 0.5  # more likely than not
LEAST_DIFFERENCE = 1e-6  # below it all are written alike
EPOCH = dt.date(1970, 1, 1)
DAYS_OF_YEAR = 365  # whole years are said in months
MEASURES = ("clv", "expected_revenue_long")
"""Lifetime value where a margin is known, else the revenue of the same days."""


def _sum_by_segment(data: ReportData) -> Rows:
    """Return the segments' sums, the highest value first; none where nothing is forecast."""
    table = data.table("customers")
    measure = find_measure(data)
    if table is None or measure is None or "segment" not in table.column_names:
        return []
    rows = table.filter(pc.is_valid(table["segment"]))
    segments, index_of = np.unique(np.asarray(rows["segment"]), return_inverse=True)
    customers = np.bincount(index_of)
    expected, total, alive = (
        np.bincount(index_of, weights=np.nan_to_num(read_numbers(rows, name)))
        for name in ("expected_revenue", measure, "p_alive")
    )
    sums = {"segment": segments, "customers": customers, "expected": expected, "total": total}
    listed: Rows = pa.table(sums | {"alive": alive / customers}).to_pylist()
    return sorted(listed, key=lambda row: (-row["total"], row["segment"]))


def find_measure(data: ReportData) -> str | None:
    """Return the column of customers' value: margin where one is known, else revenue."""
    table = data.table("customers")
    columns = () if table is None else table.column_names
    known = (name for name in MEASURES if name in columns and read_column(data, name).size)
    return next(known, None)


def ask_margin(data: ReportData, fmt: Formatter) -> str:
    """Say what is missing where value is revenue; empty where a margin is known."""
    return fmt.say("worth.needs_margin") if find_measure(data) == MEASURES[1] else ""


def draw_segment_value(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw each segment's share of customers beside its share of customer value."""
    rows, names = _sum_by_segment(data), name_segments(data, fmt)
    customers, total = (sum(row[name] for row in rows) for name in ("customers", "total"))
    if len(rows) < 2 or total <= 0:
        return None
    first, span = rows[0], _name_span(data, fmt)
    return Chart(
        key="worth_by_segment",
        title=fmt.say(
            f"worth.{find_measure(data)}.chart",
            name=names.get(first["segment"], str(first["segment"])),
            customers=fmt.share(first["customers"] / customers),
            share=fmt.share(first["total"] / total),
            span=span,
        ),
        kind="bars",
        categories=tuple(names.get(row["segment"], str(row["segment"])) for row in rows),
        value=Axis(fmt.say("worth.axis"), "share"),
        series=(
            Series(
                fmt.say(f"worth.{find_measure(data)}.of", span=span),
                tuple(row["total"] / total for row in rows),
            ),
            Series(
                fmt.say("worth.of_customers"),
                tuple(row["customers"] / customers for row in rows),
                tone="quiet",
            ),
        ),
        note=_state_terms("note", data, fmt),
    )


def list_segment_value(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List the segments with their expected revenue and value."""
    rows, names = _sum_by_segment(data), name_segments(data, fmt)
    total, span = sum(row["total"] for row in rows), _name_span(data, fmt)
    measure = find_measure(data)
    amount, share = (
        AnswerColumn(fmt.say(f"worth.{measure}.{name}", span=span), True)
        for name in ("amount", "of")
    )
    return fmt.table(
        "worth_by_segment",
        fmt.say("worth.table"),
        rows,
        [
            (
                "column.segment",
                "text",
                lambda row: names.get(row["segment"], str(row["segment"])),
            ),
            ("column.customers", "number", "customers"),
            ("value.expected", "money", "expected"),
            ("worth.each", "money", lambda row: row["expected"] / row["customers"]),
            (amount, "money", "total"),
            (share, "share", lambda row: row["total"] / total if total > 0 else None),
            (f"worth.{measure}.each", "money", lambda row: row["total"] / row["customers"]),
            ("worth.alive", "share", "alive"),
        ],
        note=_state_terms("table_note", data, fmt),
    )


def _name_span(data: ReportData, fmt: Formatter) -> str:
    """Return over what time the value is counted: in months where it is whole years."""
    days = read_facts(data, "value").get("clv_days")
    if days is None:
        return fmt.say("worth.span")
    if days % DAYS_OF_YEAR:
        return fmt.value("days_since_last", days)
    return fmt.count("expected.months", 12 * days // DAYS_OF_YEAR)


def _state_terms(key: str, data: ReportData, fmt: Formatter) -> str:
    """Say over which days the value is counted, and at which discount, where known."""
    facts = read_facts(data, "value")
    days, rate = facts.get("clv_days"), facts.get("discount_rate")
    if days is None or rate is None:
        return ""
    return fmt.say(f"worth.{find_measure(data)}.{key}", days=fmt.number(days), rate=fmt.share(rate))


def describe_next_orders(data: ReportData, fmt: Formatter) -> tuple[Chart | None, str]:
    """Draw and say by when customers are expected to order again."""
    days = _count_days_ahead(data)
    if days is None or np.isnan(days).all():
        return None, ""
    edges = (-np.inf, *ENDS_DAYS, np.inf)
    counts = [int(((days > low) & (days <= high)).sum()) for low, high in pairwise(edges)]
    unknown = int(np.isnan(days).sum())
    soon, end_days = _find_soonest(counts)
    within = fmt.number(end_days)
    spans = [
        fmt.say("ahead.span", first=fmt.number(low + 1), last=fmt.number(high))
        for low, high in pairwise((0, *ENDS_DAYS))
    ]
    later = fmt.say("ahead.later", days=fmt.number(ENDS_DAYS[-1]))
    labels = (*spans, later, fmt.say("ahead.none"))
    chart = fmt.bars(
        "next_orders",
        fmt.count("ahead.chart", soon, days=within),
        zip(labels, map(float, (*counts, unknown)), strict=True),
        ("column.customers", "number"),
        "ahead.note",
    )
    return chart, fmt.count("ahead.told", soon, days=within, unknown=fmt.number(unknown))


def _find_soonest(counts: list[int]) -> tuple[int, int]:
    """Return the customers of the first span that holds any, and the days of its end."""
    spans = zip(counts, ENDS_DAYS, strict=False)
    return next(((count, days) for count, days in spans if count), (0, ENDS_DAYS[-1]))


def _count_days_ahead(data: ReportData) -> Doubles | None:
    """Return the days to the median next order, or NaN."""
    table = data.table("customers")
    if table is None or "next_order" not in table.column_names:
        return None
    days = table["next_order"].cast(pa.date32()).cast(pa.int32())
    return read_numbers(pa.table({"days": days}), "days") - (data.as_of - EPOCH).days


def describe_alive(data: ReportData, fmt: Formatter) -> tuple[Chart | None, str]:
    """Draw and say how likely customers are to be customers still."""
    values = read_column(data, "p_alive")
    if not values.size:
        return None, ""
    if np.ptp(values) < LEAST_DIFFERENCE:
        return None, fmt.say("alive.same")
    places = np.minimum((values * BINS).astype(int), BINS - 1)
    probably = int((values >= PROBABLY).sum())
    counts = {"every": fmt.number(values.size), "share": fmt.share(probably / values.size)}
    labels = (
        f"{fmt.number(100 * low // BINS)}\u2013{fmt.whole_share(high / BINS)}"
        for low, high in pairwise(range(BINS + 1))
    )
    chart = fmt.bars(
        "p_alive",
        fmt.count("alive.chart", probably, **counts),
        zip(labels, map(float, np.bincount(places, minlength=BINS)), strict=True),
        ("column.customers", "number"),
        "alive.note",
        "columns",
    )
    return chart, fmt.say("alive.told")

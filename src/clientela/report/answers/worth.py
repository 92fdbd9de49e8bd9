"""Who is worth most: expected revenue and lifetime value, segment by segment."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.report.answers.known import Doubles, segment_names
from clientela.report.answers.modelled import facts
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData


class Worth(NamedTuple):
    """What a segment is expected to bring."""

    segment: int
    customers: int
    expected: float
    clv: float
    alive: float


def worth(material: ReportData) -> list[Worth]:
    """Give the segments, the highest lifetime value first; none where nothing is forecast."""
    table = material.table("customers")
    if table is None or not {"segment", "clv", "expected_revenue"} <= set(table.column_names):
        return []
    if table["clv"].null_count == len(table):
        return []
    known = table.filter(pc.is_valid(table["segment"]))
    segments, place = np.unique(np.asarray(known["segment"]), return_inverse=True)
    many = np.bincount(place)
    expected, clv, alive = (
        np.bincount(place, weights=np.nan_to_num(numbers(known, name)))
        for name in ("expected_revenue", "clv", "p_alive")
    )
    found = [
        Worth(int(segment), int(n), float(e), float(c), float(a / n))
        for segment, n, e, c, a in zip(segments, many, expected, clv, alive, strict=True)
    ]
    return sorted(found, key=lambda each: (-each.clv, each.segment))


def numbers(table: pa.Table, name: str) -> Doubles:
    """Give a column as doubles, NaN where it is absent or empty."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    return np.asarray(pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False))


def worth_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw each segment's share of customers beside its share of lifetime value."""
    rows, names = worth(material), segment_names(material, words)
    every, total = sum(row.customers for row in rows), sum(row.clv for row in rows)
    if len(rows) < 2 or total <= 0:
        return None
    first = rows[0]
    return Chart(
        key="worth_by_segment",
        title=words.say(
            "worth.chart",
            name=names.get(first.segment, str(first.segment)),
            customers=words.share(first.customers / every),
            clv=words.share(first.clv / total),
        ),
        kind="bars",
        categories=tuple(names.get(row.segment, str(row.segment)) for row in rows),
        value=Axis(words.say("worth.axis"), "share"),
        series=(
            Series(words.say("worth.of_clv"), tuple(row.clv / total for row in rows)),
            Series(
                words.say("worth.of_customers"),
                tuple(row.customers / every for row in rows),
                tone="quiet",
            ),
        ),
        note=_terms("worth.note", material, words),
    )


def worth_table(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the segments with what they are expected to bring."""
    rows, names = worth(material), segment_names(material, words)
    if not rows:
        return ()
    total = sum(row.clv for row in rows)
    columns = (
        AnswerColumn(words.say("column.segment")),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("value.expected"), True),
        AnswerColumn(words.say("worth.each"), True),
        AnswerColumn(words.say("worth.clv"), True),
        AnswerColumn(words.say("worth.of_clv"), True),
        AnswerColumn(words.say("worth.clv_each"), True),
        AnswerColumn(words.say("worth.alive"), True),
    )
    cells = tuple(
        (
            names.get(row.segment, str(row.segment)),
            words.number(row.customers),
            words.money(row.expected),
            words.money(row.expected / row.customers),
            words.money(row.clv),
            words.share(row.clv / total if total > 0 else None),
            words.money(row.clv / row.customers),
            words.share(row.alive),
        )
        for row in rows
    )
    note = _terms("worth.table_note", material, words)
    return (AnswerTable("worth_by_segment", words.say("worth.table"), columns, cells, note=note),)


def _terms(key: str, material: ReportData, words: Formatter) -> str:
    """Say over which days the lifetime value is counted, and at which discount, where known."""
    told = facts(material, "value")
    if told.get("clv_days") is None or told.get("discount_rate") is None:
        return ""
    days, rate = words.number(told["clv_days"]), words.share(told["discount_rate"])
    return words.say(key, days=days, rate=rate)

"""What is ahead of each customer: the next order, and whether there will be one."""

import datetime as dt
from itertools import pairwise

import numpy as np
import pyarrow as pa

from clientela.report.answer import Axis, Chart, Series
from clientela.report.answers.known import Doubles, column
from clientela.report.answers.worth import numbers
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

ENDS_DAYS = (30, 60, 90, 180)
SOON_DAYS = ENDS_DAYS[0]
BINS = 10
PROBABLY = 0.5
TOLD_APART = 1e-6
EPOCH = dt.date(1970, 1, 1)

Told = tuple[Chart | None, str]


def next_orders(material: ReportData, words: Formatter) -> Told:
    """Draw and tell by when customers are expected to order again."""
    days = _days_ahead(material)
    if days is None or np.isnan(days).all():
        return None, ""
    edges = (-np.inf, *ENDS_DAYS, np.inf)
    found = [int(((days > low) & (days <= high)).sum()) for low, high in pairwise(edges)]
    soon, unknown = found[0], int(np.isnan(days).sum())
    chart = Chart(
        key="next_orders",
        title=words.count("ahead.chart", soon, days=words.number(SOON_DAYS)),
        kind="bars",
        categories=(*_spans(words), words.say("ahead.none")),
        value=Axis(words.say("column.customers"), "number"),
        series=(Series(words.say("column.customers"), (*map(float, found), float(unknown))),),
        note=words.say("ahead.note"),
    )
    told = {"days": words.number(SOON_DAYS), "unknown": words.number(unknown)}
    return chart, words.count("ahead.told", soon, **told)


def _days_ahead(material: ReportData) -> Doubles | None:
    """Give the days from today to the median of the next order's date, NaN where there is none."""
    table = material.table("customers")
    if table is None or "next_order" not in table.column_names:
        return None
    days = table["next_order"].cast(pa.date32()).cast(pa.int32())
    since = (material.as_of - EPOCH).days
    return numbers(pa.table({"days": days}), "days") - since


def _spans(words: Formatter) -> list[str]:
    spans = [
        words.say("ahead.span", first=words.number(low + 1), last=words.number(high))
        for low, high in pairwise((0, *ENDS_DAYS))
    ]
    return [*spans, words.say("ahead.later", days=words.number(ENDS_DAYS[-1]))]


def alive(material: ReportData, words: Formatter) -> Told:
    """Draw and tell how likely customers are to be customers still."""
    values = column(material, "p_alive")
    if not values.size:
        return None, ""
    if np.ptp(values) < TOLD_APART:
        return None, words.say("alive.same")
    places = np.minimum((values * BINS).astype(int), BINS - 1)
    found = np.bincount(places, minlength=BINS)
    probably = int((values >= PROBABLY).sum())
    told = {"every": words.number(values.size), "share": words.share(probably / values.size)}
    chart = Chart(
        key="p_alive",
        title=words.count("alive.chart", probably, **told),
        kind="columns",
        categories=_steps(words),
        value=Axis(words.say("column.customers"), "number"),
        series=(Series(words.say("column.customers"), tuple(map(float, found))),),
        note=words.say("alive.note"),
    )
    return chart, words.say("alive.told")


def _steps(words: Formatter) -> tuple[str, ...]:
    """Name the tenths of the scale."""
    steps = pairwise(range(BINS + 1))
    ends = ((words.number(100 * low // BINS), words.whole_share(top / BINS)) for low, top in steps)
    return tuple(f"{low}\u2013{top}" for low, top in ends)

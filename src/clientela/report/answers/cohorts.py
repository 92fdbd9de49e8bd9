"""How many come back, by the month of their first order."""

import datetime as dt
from typing import Any

from clientela.report.answer import Axis, Chart, Series
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

MOST = 18
"""Cohorts shown at most, the latest."""
AGES = 12
"""Months after the first order shown at most."""
FEWEST = 10
"""Customers of a cohort of which a share says something."""


def returning(material: ReportData, words: Formatter) -> str:
    """Say what share comes back in the month after the first, and half a year later."""
    after = _average(material, 1)
    if after is None:
        return ""
    later = _average(material, 6)
    if later is None:
        return words.say("cohorts.after_one", share=words.share(after))
    shares = {"share": words.share(after), "later": words.share(later)}
    return words.say("cohorts.after_one_and_six", **shares)


def cohort_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw which share of each month's new customers ordered again in the months after."""
    rows = material.rows("cohorts")
    firsts = sorted({row["cohort"] for row in rows if _telling(row)})[-MOST:]
    most = min(max((_age(row) for row in rows if row["cohort"] in firsts), default=0), AGES)
    after = _average(material, 1)
    if most < 1 or after is None:
        return None
    cells = {(row["cohort"], _age(row)): _share(row) for row in rows}
    return Chart(
        key="cohorts",
        title=words.say("cohorts.title", share=words.share(after)),
        kind="heat",
        categories=tuple(words.number(age) for age in range(1, most + 1)),
        category=Axis(words.say("cohorts.months_later"), "text"),
        value=Axis(words.say("cohorts.active"), "share"),
        series=tuple(
            Series(words.month(first), tuple(cells.get((first, age)) for age in range(1, most + 1)))
            for first in firsts
            if (first, 1) in cells
        ),
        note=_note(rows, firsts, words),
    )


def _note(rows: list[dict[str, Any]], firsts: list[dt.date], words: Formatter) -> str:
    earliest = min(row["cohort"] for row in rows)
    told = words.say("cohorts.note" if earliest in firsts else "cohorts.note_cut")
    if all(_telling(row) for row in rows):
        return told
    return f"{told} {words.say('cohorts.small', n=words.number(FEWEST))}"


def _telling(row: dict[str, Any]) -> bool:
    return int(row["customers"] or 0) >= FEWEST


def _average(material: ReportData, age: int) -> float | None:
    """Give the share active some months after the first, over the cohorts whose month is over.

    The first month of the data is left out: most of its customers are no new ones.
    """
    running, every = material.as_of.replace(day=1), material.rows("cohorts")
    earliest = min((row["cohort"] for row in every), default=None)  # holds older customers too
    rows = [
        row
        for row in every
        if _age(row) == age
        and row["customers"]
        and row["month"] < running
        and row["cohort"] != earliest
    ]
    customers = sum(row["customers"] for row in rows)
    return sum(row["active"] for row in rows) / customers if customers else None


def _age(row: dict[str, Any]) -> int:
    cohort, month = row["cohort"], row["month"]
    return int((month.year - cohort.year) * 12 + month.month - cohort.month)


def _share(row: dict[str, Any]) -> float | None:
    return row["active"] / row["customers"] if row["customers"] else None

"""How many are in each band of risk, and the money at stake there."""

from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.report.answers.known import Doubles, by_revenue, segment_names
from clientela.report.answers.worth import numbers
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

BANDS = ("high", "medium", "low", "gone")
AT_STAKE = "revenue_365d"


class RiskBand(NamedTuple):
    """A band of risk; ``revenue`` of the last 12 months, none where none is known."""

    name: str
    customers: int
    revenue: float | None
    probability: float | None


def bands(material: ReportData) -> dict[str, RiskBand]:
    """Give the bands that hold anybody, the riskiest first; none where nobody is scored."""
    table = material.table("customers")
    if table is None or "churn_band" not in table.column_names:
        return {}
    of = np.asarray(table["churn_band"].to_pylist(), dtype=object)
    risk, money = numbers(table, "churn_probability"), numbers(table, AT_STAKE)
    return {
        name: RiskBand(name, int(mine.sum()), _sum(money[mine]), _mean(risk[mine]))
        for name in BANDS
        if (mine := of == name).any()
    }


def _sum(values: Doubles) -> float | None:
    return None if np.isnan(values).all() else float(np.nansum(values))


def _mean(values: Doubles) -> float | None:
    return None if np.isnan(values).all() else float(np.nanmean(values))


def band_chart(found: dict[str, RiskBand], words: Formatter) -> Chart | None:
    """Draw how many customers each band holds."""
    if not found:
        return None
    every = sum(band.customers for band in found.values())
    high = found["high"].customers if "high" in found else 0
    return Chart(
        key="churn_bands",
        title=words.say("risk.chart", share=words.share(high / every)),
        kind="bars",
        categories=tuple(words.headed("band", name) for name in found),
        value=Axis(words.say("column.customers"), "number"),
        series=(
            Series(
                words.say("column.customers"),
                tuple(float(band.customers) for band in found.values()),
            ),
        ),
        note=words.say("risk.note"),
    )


def band_table(found: dict[str, RiskBand], words: Formatter) -> tuple[AnswerTable, ...]:
    """List the bands with the money at stake."""
    if not found:
        return ()
    every = sum(band.customers for band in found.values())
    columns = (
        AnswerColumn(words.say("risk.band")),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("column.customers_share"), True),
        AnswerColumn(words.say("risk.probability"), True),
        AnswerColumn(words.say("risk.at_stake"), True),
    )
    cells = tuple(
        (
            words.headed("band", band.name),
            words.number(band.customers),
            words.share(band.customers / every),
            words.share(band.probability),
            words.money(band.revenue),
        )
        for band in found.values()
    )
    note = words.say("risk.table_note")
    return (AnswerTable("churn_bands", words.say("risk.table"), columns, cells, note=note),)


def risk_by_segment(material: ReportData, words: Formatter) -> Chart | None:
    """Draw the money at stake by segment and band."""
    table, names = material.table("customers"), segment_names(material, words)
    found = bands(material)
    if (
        table is None
        or len(names) < 2
        or not found
        or not {"segment", AT_STAKE} <= {*table.column_names}
    ):
        return None
    of = np.asarray(table["churn_band"].to_pylist(), dtype=object)
    segment = np.asarray(pc.fill_null(table["segment"], -1))
    money = np.nan_to_num(numbers(table, AT_STAKE))
    rows = {
        row["segment"]: tuple(
            float(money[(segment == row["segment"]) & (of == band)].sum()) for band in found
        )
        for row in by_revenue(material)
    }
    riskiest = max(rows, key=lambda each: rows[each][0])
    return Chart(
        key="risk_by_segment",
        title=words.say(
            "risk.segments",
            name=names[riskiest],
            band=words.label("band", next(iter(found))),
            amount=words.short(rows[riskiest][0]),
        ),
        kind="heat",
        categories=tuple(words.headed("band", band) for band in found),
        value=Axis(words.say("risk.at_stake"), "money"),
        series=tuple(Series(names[each], values) for each, values in rows.items()),
        note=words.say("risk.segments_note"),
        currency=words.currency,
    )

"""What leaving means: how the answer changes with the days that count as gone."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Mark, Series
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData


def horizons(material: ReportData) -> list[dict[str, Any]]:
    """Give the horizons, the shortest first; where a contract says who left, its one alone."""
    return sorted(material.rows("churn_horizons"), key=lambda row: row["horizon_days"])


def horizon_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw how many would count as gone, and how many of these came back all the same."""
    rows = horizons(material)
    chosen = next((row for row in rows if row["chosen"]), None)
    if len(rows) < 2 or chosen is None or chosen["churn_share"] is None:
        return None
    days = words.number(chosen["horizon_days"])
    return Chart(
        key="churn_horizons",
        title=words.say("horizons.chart", days=days, share=words.share(chosen["churn_share"])),
        kind="lines",
        category=Axis(words.say("horizons.axis"), "number"),
        value=Axis(words.say("horizons.share"), "share"),
        series=tuple(
            Series(
                words.say(f"horizons.{name}"),
                tuple(
                    (float(row["horizon_days"]), float(row[name]))
                    for row in rows
                    if row[name] is not None
                ),
                tone="accent" if name == "churn_share" else "signal",
            )
            for name in ("churn_share", "returned_share")
        ),
        marks=(Mark(float(chosen["horizon_days"]), words.say("horizons.mark")),),
        note=words.say("horizons.note"),
    )


def horizon_table(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the horizons that could be tried; none where a contract says who left."""
    rows = horizons(material)
    if all(row["churn_share"] is None for row in rows):
        return ()
    columns = (
        AnswerColumn(words.say("horizons.axis"), True),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("horizons.churn_share"), True),
        AnswerColumn(words.say("horizons.returned_share"), True),
    )
    cells = tuple(
        (
            words.number(row["horizon_days"]),
            words.number(row["customers"]),
            words.share(row["churn_share"]),
            words.share(row["returned_share"]),
        )
        for row in rows
    )
    strong = tuple(place for place, row in enumerate(rows) if row["chosen"])
    title = words.say("horizons.table")
    return (AnswerTable("churn_horizons", title, columns, cells, strong, folded=True),)

"""The features behind the segments: their spread, their ties, and why others were left out."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData, parse_json

USED = "segments"


def correlations(material: ReportData, words: Formatter) -> Chart | None:
    """Draw how the features of the segments go together, in ranks."""
    rows = [row for row in _rows(material) if row["role"] == USED]
    ties = {row["feature"]: parse_json(row["correlations"]) or {} for row in rows}
    names = list(ties)
    pairs = [
        (abs(ties[one][other]), one, other)
        for place, one in enumerate(names)
        for other in names[place + 1 :]
        if ties[one].get(other) is not None
    ]
    if not pairs:
        return None
    most, one, other = max(pairs)
    return Chart(
        key="correlations",
        title=words.say(
            "features.correlations",
            one=words.feature(one),
            other=words.feature(other),
            value=words.number(most, 2),
        ),
        kind="heat",
        categories=tuple(words.feature(name) for name in names),
        value=Axis(words.say("features.spearman"), "decimal"),
        series=tuple(
            Series(
                words.feature(name),
                tuple(1.0 if name == to else ties[name].get(to) for to in names),
            )
            for name in names
        ),
        centre=0.0,
        note=words.say("features.correlations_note"),
    )


def feature_tables(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the features used with their spread, and those left out with the reason."""
    rows = _rows(material)
    used = [row for row in rows if row["role"] == USED]
    left = [row for row in rows if row["role"] != USED]
    tables = []
    if used:
        tables.append(_spread(used, words))
    if left:
        tables.append(_left_out(left, words))
    return tuple(tables)


def _rows(material: ReportData) -> list[dict[str, Any]]:
    return sorted(material.rows("exploration"), key=lambda row: row["position"])


def _spread(rows: list[dict[str, Any]], words: Formatter) -> AnswerTable:
    columns = (
        AnswerColumn(words.say("column.feature")),
        AnswerColumn(words.say("features.q05"), True),
        AnswerColumn(words.say("features.median"), True),
        AnswerColumn(words.say("features.q95"), True),
        AnswerColumn(words.say("features.skewness"), True),
        AnswerColumn(words.say("features.outliers"), True),
        AnswerColumn(words.say("features.information"), True),
    )
    cells = tuple(
        (
            words.feature(row["feature"]),
            *(words.value(row["feature"], row[name]) for name in ("q05", "median", "q95")),
            words.number(row["skewness"], 1),
            words.number(row["outliers"]),
            words.share(row["information"]),
        )
        for row in rows
    )
    note = words.say("features.note")
    return AnswerTable("features", words.say("features.used"), columns, cells, note=note)


def _left_out(rows: list[dict[str, Any]], words: Formatter) -> AnswerTable:
    columns = (
        AnswerColumn(words.say("column.feature")),
        AnswerColumn(words.say("features.information"), True),
        AnswerColumn(words.say("features.why")),
    )
    cells = tuple(
        (
            words.feature(row["feature"]),
            words.share(row["information"]),
            words.of(row, "reason"),
        )
        for row in rows
    )
    return AnswerTable("features_left", words.say("features.left"), columns, cells, folded=True)

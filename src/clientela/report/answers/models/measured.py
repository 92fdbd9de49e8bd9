"""Every metric of a model, with its interval and its difference from what it is compared with."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.answers.modelled import (
    Rows,
    by_date,
    candidates,
    champion,
    metrics,
    written,
)
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

ENDS = ("low", "high")
PAIRED = ("difference", "difference_low", "difference_high")


def metric_table(material: ReportData, purpose: str, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the champion's metrics."""
    rows = metrics(material, purpose, champion(material, purpose))
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("models.metric")),
        AnswerColumn(words.say("models.value_of"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
        AnswerColumn(words.say("models.against")),
        AnswerColumn(words.say("models.difference"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
    )
    told = {
        "purpose": words.label("purpose", purpose),
        "model": words.model(champion(material, purpose)),
    }
    title = words.say("models.metrics", **told)
    cells = tuple(_cells(row, words) for row in rows)
    note = words.say("models.metrics_note")
    return (AnswerTable(f"metrics_{purpose}", title, columns, cells, note=note),)


def _cells(row: dict[str, Any], words: Formatter) -> tuple[str, ...]:
    name = row["metric"]
    return (
        words.headed("metric", name),
        *(written(name, row[each], words) for each in ("value", *ENDS)),
        words.model(row["baseline"]) if row["baseline"] else words.number(None),
        *(written(name, row[each], words) for each in PAIRED),
    )


def matrix(material: ReportData, purpose: str, words: Formatter) -> tuple[AnswerTable, ...]:
    """Put the models side by side, one column a metric."""
    found = {
        row["model"]: metrics(material, purpose, row["model"])
        for row in candidates(material, purpose)
    }
    names = list(dict.fromkeys(row["metric"] for rows in found.values() for row in rows))
    if len(found) < 2 or not names:
        return ()
    columns = (
        AnswerColumn(words.say("models.model")),
        *(AnswerColumn(words.headed("metric", name), True) for name in names),
    )
    cells = tuple(
        (capitalize(words.model(model)), *(_interval(rows, name, words) for name in names))
        for model, rows in found.items()
    )
    serving = champion(material, purpose)
    strong = tuple(place for place, model in enumerate(found) if model == serving)
    title = words.say("models.matrix", purpose=words.label("purpose", purpose))
    return (AnswerTable(f"matrix_{purpose}", title, columns, cells, strong, folded=True),)


def _interval(rows: Rows, name: str, words: Formatter) -> str:
    row = next((row for row in rows if row["metric"] == name), {})
    value = written(name, row.get("value"), words)
    if row.get("low") is None or row.get("high") is None:
        return value
    ends = {end: written(name, row[end], words) for end in ENDS}
    return words.say("page.interval", value=value, **ends)


def dated_table(material: ReportData, purpose: str, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the champion's metrics on each past date."""
    model = champion(material, purpose)
    names = dict.fromkeys(row["metric"] for row in metrics(material, purpose, model))
    found = {name: by_date(material, purpose, model, name) for name in names}
    days = sorted({day for values in found.values() for day in values})
    if not days:
        return ()
    columns = (
        AnswerColumn(words.say("backtest.day")),
        *(AnswerColumn(words.headed("metric", name), True) for name in found),
    )
    cells = tuple(
        (words.date(day), *(written(name, of.get(day), words) for name, of in found.items()))
        for day in days
    )
    title = words.say("models.dated", purpose=words.label("purpose", purpose))
    return (AnswerTable(f"dated_{purpose}", title, columns, cells, folded=True),)

"""How wrong the forecasts of value were on past dates, beside naive ones."""

import datetime as dt
from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Series
from clientela.report.answers.modelled import by_date, champion, metric, rival, written
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

JUDGED = (("value_mean", "bias"), ("value_median", "mae"))
"""Each forecast with the metric it is judged by: never one number for both."""


def backtest_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw by how much the totals were out on each past date."""
    ours = by_date(material, "value_mean", champion(material, "value_mean"), "bias")
    other = rival(material, "value_mean", "bias")
    theirs = by_date(material, "value_mean", other, "bias")
    if len(ours) < 2:
        return None
    series = [Series(words.say("backtest.ours"), tuple(ours.values()))]
    if theirs and other != champion(material, "value_mean"):
        values = tuple(theirs.get(day) for day in ours)
        series.append(Series(capitalize(words.model(other)), values, tone="quiet"))
    worst = max(ours, key=lambda day: abs(ours[day]))
    return Chart(
        key="value_backtest",
        title=_worst(ours[worst], worst, words),
        kind="columns",
        categories=tuple(words.date(day) for day in ours),
        value=Axis(words.say("metric.bias"), "share"),
        series=tuple(series),
        note=words.say("backtest.note"),
    )


def _worst(bias: float, day: dt.date, words: Formatter) -> str:
    key = "backtest.high" if bias > 0 else "backtest.low"
    return words.say(key, share=words.share(abs(bias)), day=words.date(day))


def past_errors(material: ReportData, words: Formatter) -> str:
    """Say how wrong the forecasts were before, each by its own measure."""
    said = []
    for purpose, name in JUDGED:
        ours = metric(material, purpose, champion(material, purpose), name)
        if ours.get("value") is None:
            continue
        other = rival(material, purpose, name)
        theirs = metric(material, purpose, other, name).get("value")
        told, key = {"value": written(name, ours["value"], words)}, name
        if theirs is not None and other != ours["model"]:
            told |= {"other": words.model(other), "theirs": written(name, theirs, words)}
            key = f"{name}_against"
        said.append(words.say(f"backtest.{key}", **told))
    return " ".join(said)


def backtest_table(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List both measures of champion and rival on each past date."""
    found = [
        (purpose, name, model, by_date(material, purpose, model, name))
        for purpose, name in JUDGED
        for model in dict.fromkeys((champion(material, purpose), rival(material, purpose, name)))
    ]
    columns = [each for each in found if each[3]]
    days = sorted({day for each in columns for day in each[3]})
    if not days:
        return ()
    heads = (AnswerColumn(words.say("backtest.day")), *(_head(each, words) for each in columns))
    rows = tuple(_row(day, columns, words) for day in days)
    return (AnswerTable("value_backtest", words.say("backtest.table"), heads, rows, folded=True),)


def _head(each: tuple[Any, ...], words: Formatter) -> AnswerColumn:
    _, name, model, _ = each
    told = {"metric": words.headed("metric", name), "model": words.model(model)}
    return AnswerColumn(words.say("backtest.column", **told), True)


def _row(day: dt.date, columns: list[tuple[Any, ...]], words: Formatter) -> tuple[str, ...]:
    cells = (written(name, found.get(day), words) for _, name, _, found in columns)
    return (words.date(day), *cells)

"""The question who will bring how much."""

import re
from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.ahead import alive, next_orders
from clientela.report.answers.backtest import backtest_chart, backtest_table, past_errors
from clientela.report.answers.modelled import notes, texts
from clientela.report.answers.worth import worth_chart, worth_table
from clientela.report.formatter import Formatter, capitalize, make_formatter
from clientela.report.report_data import ReportData

GROUPS = ("known", "new", "everyone")
ASIDE = re.compile(r" \((?:[^()]|\([^()]*\))*\)")


def value(material: ReportData, lang: Lang) -> Answer:
    """Say first whether the forecast beats a naive one, then what is expected and from whom."""
    words = make_formatter(material, lang)
    question = words.say("value.question")
    rows = _rows(material)
    if not rows and not notes(material, "value_mean"):
        return Answer("value", question, words.say("value.none"))
    charts = (
        _chart(rows, words),
        worth_chart(material, words),
        backtest_chart(material, words),
        next_orders(material, words)[0],
        alive(material, words)[0],
    )
    return Answer(
        key="value",
        question=question,
        headline=_headline(material, rows, words),
        paragraphs=_told(material, rows, words),
        value=_figure(rows, words),
        charts=tuple(chart for chart in charts if chart),
        tables=(
            *_table(rows, words),
            *worth_table(material, words),
            *backtest_table(material, words),
        ),
        caveat=words.say("value.caveat"),
    )


def _rows(material: ReportData) -> list[dict[str, Any]]:
    """Give the groups' forecasts of the shortest horizon, in the order they are told."""
    rows = [row for row in material.rows("value_forecast") if row["customer_group"] in GROUPS]
    shortest = min((row["days"] for row in rows), default=0)
    told = [row for row in rows if row["days"] == shortest]
    return sorted(told, key=lambda row: GROUPS.index(row["customer_group"]))


def _of(rows: list[dict[str, Any]], group: str) -> dict[str, Any]:
    found = (row for row in rows if row["customer_group"] == group)
    return next((row for row in found if row["expected"] is not None), {})


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return _of(rows, "everyone") or _of(rows, "known")


def _headline(material: ReportData, rows: list[dict[str, Any]], words: Formatter) -> str:
    """Begin with the finding of the verdict, whose figures follow in the text."""
    verdict = texts(notes(material, "value_mean")[:1], words)
    finding = (f"{ASIDE.sub('', text).partition(':')[0].rstrip('.')}." for text in verdict)
    return " ".join((*finding, _sum(rows, words)))


def _sum(rows: list[dict[str, Any]], words: Formatter) -> str:
    total = _total(rows)
    if not total:
        return words.say("value.not_measurable")
    told = {
        "days": words.number(total["days"]),
        "amount": words.short(total["expected"]),
        "group": words.label("customer_group", total["customer_group"]),
    }
    if total["low"] is None or total["high"] is None:
        return words.say("value.plain", **told)
    ends = {"low": words.short(total["low"]), "high": words.short(total["high"])}
    key = "value.between" if total["measurable"] else "value.range"
    return words.say(key, **told, **ends)


def _figure(rows: list[dict[str, Any]], words: Formatter) -> Figure | None:
    total = _total(rows)
    if not total:
        return None
    label = words.say("value.figure", days=words.number(total["days"]))
    return Figure(words.short(total["expected"]), label, total["expected"])


def _told(material: ReportData, rows: list[dict[str, Any]], words: Formatter) -> tuple[str, ...]:
    said = [text for row in rows if (text := words.of(row, "sentence"))]
    mean, median = (
        texts(notes(material, purpose)[:1], words) for purpose in ("value_mean", "value_median")
    )
    ahead = (next_orders(material, words)[1], alive(material, words)[1])
    past = "" if mean and median else past_errors(material, words)
    told = (*mean, *said, words.say("value.two"), *median, past, *ahead)
    return tuple(dict.fromkeys(text for text in told if text))


def _chart(rows: list[dict[str, Any]], words: Formatter) -> Chart | None:
    known = [row for row in rows if row["expected"] is not None]
    if not known:
        return None
    new, total = _of(rows, "new"), _of(rows, "everyone")
    share = new["expected"] / total["expected"] if new and total.get("expected") else None
    key = "value.chart" if share is None else "value.chart_new"
    return Chart(
        key="value_forecast",
        title=words.say(key, days=words.number(known[0]["days"]), share=words.share(share)),
        kind="intervals",
        categories=tuple(words.headed("customer_group", row["customer_group"]) for row in known),
        value=Axis(words.say("value.expected"), "money"),
        series=(
            Series(
                words.say("value.expected"),
                tuple(row["expected"] for row in known),
                tuple(row["low"] for row in known),
                tuple(row["high"] for row in known),
            ),
        ),
        note=words.say("value.chart_note"),
        currency=words.currency,
    )


def _table(rows: list[dict[str, Any]], words: Formatter) -> tuple[AnswerTable, ...]:
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("value.group")),
        AnswerColumn(words.say("value.expected"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
        AnswerColumn(words.say("expected.level"), True),
        AnswerColumn(words.say("expected.hits"), True),
        AnswerColumn(words.say("expected.bias"), True),
        AnswerColumn(words.say("expected.method")),
    )
    cells = tuple(_cells(row, words) for row in rows)
    title = words.say("value.table", days=words.number(rows[0]["days"]))
    strong = tuple(i for i, row in enumerate(rows) if row["customer_group"] == "everyone")
    note = words.say("value.table_note")
    return (AnswerTable("value_forecast", title, columns, cells, strong, note),)


def _cells(row: dict[str, Any], words: Formatter) -> tuple[str, ...]:
    hits = words.say("expected.not_measurable")
    if row["measurable"] and row["hits"] is not None:
        told = {"hits": words.number(row["hits"]), "dates": words.number(row["dates"])}
        hits = words.say("expected.of", **told)
    return (
        words.headed("customer_group", row["customer_group"]),
        words.money(row["expected"]),
        words.money(row["low"]),
        words.money(row["high"]),
        words.share(row["level"]),
        hits,
        words.share(row["bias"]),
        capitalize(words.model(row["method"])) if row["method"] else words.number(None),
    )

"""The question what revenue is expected in the coming months."""

from itertools import pairwise
from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.known import members
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData

GROUPS = ("members", "rest", "everyone")
USUAL = 3


def expected(material: ReportData, lang: Lang) -> Answer:
    """Give the members' expected revenue with its interval, and how often such intervals held."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("expected.question", programme=name)
    rows = _rows(material)
    if not rows:
        return Answer("expected", question, words.say("expected.none"))
    if not members(material):
        return Answer("expected", question, words.say("programme.none"))
    shown = _shown(rows)
    charts = tuple(_chart(rows, group, words, name) for group in GROUPS)
    return Answer(
        key="expected",
        question=question,
        headline=_headline(shown, words, name),
        paragraphs=_told(rows, shown, words),
        value=Figure(words.short(shown["expected"]), _label(shown, words, name), shown["expected"]),
        charts=tuple(chart for chart in charts if chart),
        tables=(_table(rows, words, name),),
        caveat=_caveat(rows, words),
    )


def _rows(material: ReportData) -> list[dict[str, Any]]:
    rows = [row for row in material.rows("programme_forecast") if row["expected"] is not None]
    return sorted(rows, key=lambda row: (GROUPS.index(row["customer_group"]), row["months"]))


def _shown(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Take the members over three months, or what comes nearest."""
    return min(
        rows,
        key=lambda row: (GROUPS.index(row["customer_group"]), abs(row["months"] - USUAL)),
    )


def _label(row: dict[str, Any], words: Formatter, name: str) -> str:
    group = _from(row["customer_group"], words, name)
    return words.count("expected.figure", row["months"], group=group)


def _from(code: str, words: Formatter, name: str) -> str:
    """Name a group as the one from which revenue comes."""
    return words.say(f"expected.from_{code}", programme=name)


def _group(code: str, words: Formatter, name: str) -> str:
    return name if code == "members" else words.headed("group", code)


def _headline(row: dict[str, Any], words: Formatter, name: str) -> str:
    group = _from(row["customer_group"], words, name)
    told = {"group": group, "amount": words.short(row["expected"])}
    if row["low"] is None or row["high"] is None:
        return words.count("expected.plain", row["months"], **told)
    told |= {"low": words.short(row["low"]), "high": words.short(row["high"])}
    return words.count("expected.between", row["months"], **told)


def _told(rows: list[dict[str, Any]], shown: dict[str, Any], words: Formatter) -> tuple[str, ...]:
    same = [row for row in rows if row["customer_group"] == shown["customer_group"]]
    ordered = sorted(same, key=lambda row: row["months"])
    said = tuple(text for row in ordered if (text := words.of(row, "sentence")))
    return (*said, *_longer(ordered, words))


def _longer(ordered: list[dict[str, Any]], words: Formatter) -> tuple[str, ...]:
    """Explain a longer horizon that is expected to bring less than a shorter one."""
    for fewer, more in pairwise(ordered):
        if more["expected"] < fewer["expected"]:
            told = {
                key: words.count("expected.months", row["months"])
                for key, row in (("fewer", fewer), ("more", more))
            }
            return (words.say("expected.longer", **told),)
    return ()


def _caveat(rows: list[dict[str, Any]], words: Formatter) -> str:
    if all(row["measurable"] for row in rows):
        return words.say("expected.caveat")
    return words.say("expected.caveat_short")


def _chart(rows: list[dict[str, Any]], group: str, words: Formatter, name: str) -> Chart | None:
    told = sorted(
        (row for row in rows if row["customer_group"] == group), key=lambda row: row["months"]
    )
    if not told:
        return None
    last = ([row for row in told if row["low"] is not None] or told)[-1]
    return Chart(
        key=f"expected_{group}",
        title=words.count(
            "expected.chart",
            last["months"],
            group=_group(group, words, name),
            amount=words.short(last["expected"]),
        ),
        kind="intervals",
        categories=tuple(words.count("expected.months", row["months"]) for row in told),
        value=Axis(words.say("expected.axis"), "money"),
        series=(
            Series(
                _group(group, words, name),
                tuple(row["expected"] for row in told),
                tuple(row["low"] for row in told),
                tuple(row["high"] for row in told),
                "accent" if group == "members" else "quiet",
            ),
        ),
        note=words.say("expected.note"),
        currency=words.currency,
    )


def _table(rows: list[dict[str, Any]], words: Formatter, name: str) -> AnswerTable:
    columns = (
        AnswerColumn(words.say("expected.who")),
        AnswerColumn(words.say("expected.horizon"), True),
        AnswerColumn(words.say("expected.expected"), True),
        AnswerColumn(words.say("expected.low"), True),
        AnswerColumn(words.say("expected.high"), True),
        AnswerColumn(words.say("expected.level"), True),
        AnswerColumn(words.say("expected.hits"), True),
        AnswerColumn(words.say("expected.bias"), True),
        AnswerColumn(words.say("expected.method")),
    )
    cells = tuple(_cells(row, words, name) for row in rows)
    note = words.say("expected.table_note")
    return AnswerTable("forecast", words.say("expected.table"), columns, cells, note=note)


def _cells(row: dict[str, Any], words: Formatter, name: str) -> tuple[str, ...]:
    hits = words.say("expected.not_measurable")
    if row["measurable"] and row["hits"] is not None:
        told = {"hits": words.number(row["hits"]), "dates": words.number(row["dates"])}
        hits = words.say("expected.of", **told)
    return (
        _group(row["customer_group"], words, name),
        words.count("expected.months", row["months"]),
        words.money(row["expected"]),
        words.money(row["low"]),
        words.money(row["high"]),
        words.share(row["level"]),
        hits,
        words.share(row["bias"]),
        words.headed("forecast_method", row["method"]),
    )

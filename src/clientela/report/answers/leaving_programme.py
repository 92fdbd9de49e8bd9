"""The question what the conditions to be removed are."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.rules import condition_table, grace_days, joined, sentences
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData


def leaving(material: ReportData, lang: Lang) -> Answer:
    """State the conditions to stay, the grace, and what they would have done in past months."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("leaving.question", programme=name)
    rules = sentences(material, "exit", words)
    if not rules:
        return Answer("leaving", question, words.say("programme.none", programme=name))
    rows = sorted(material.rows("programme_months"), key=lambda row: row["as_of"])
    chart = _chart(rows, words)
    return Answer(
        key="leaving",
        question=question,
        headline=_headline(material, rules, words),
        paragraphs=_said(material, rows, words),
        value=_figure(material, rows, words),
        charts=(chart,) if chart else (),
        tables=(*condition_table(material, "exit", words), *_table(rows, words)),
        caveat=words.say("leaving.caveat"),
    )


def _headline(material: ReportData, rules: list[str], words: Formatter) -> str:
    grace = grace_days(material)
    rule = joined(rules, words)
    if not grace:
        return words.say("leaving.at_once", rule=rule)
    return words.say("leaving.headline", rule=rule, days=words.number(grace))


def _said(material: ReportData, rows: list[dict[str, Any]], words: Formatter) -> tuple[str, ...]:
    if len(rows) < 2:
        return (words.say("leaving.short"),)
    return (_flapping(rows, words), *_flapping_share(material, words))


def _flapping_share(material: ReportData, words: Formatter) -> tuple[str, ...]:
    told = material.facts.get("programme")
    share = told.get("flapping_share") if isinstance(told, Mapping) else None
    return () if share is None else (words.say("leaving.flapping_share", share=words.share(share)),)


def _flapping(rows: list[dict[str, Any]], words: Formatter) -> str:
    left = sum(row["left"] or 0 for row in rows)
    back = sum(row["reentered"] or 0 for row in rows)
    if not left:
        return words.say("leaving.nobody_left")
    return words.say(
        "leaving.flapping",
        left=words.number(left),
        back=words.number(back),
    )


def _figure(material: ReportData, rows: list[dict[str, Any]], words: Formatter) -> Figure | None:
    stayed = [row["months_stayed_median"] for row in rows]
    if stayed and stayed[-1] is not None:
        written = words.number(stayed[-1], 0 if stayed[-1] == int(stayed[-1]) else 1)
        return Figure(written, words.say("leaving.figure_months"), stayed[-1])
    grace = grace_days(material)
    if grace is None:
        return None
    text = words.value("days_since_last", grace)
    return Figure(text, words.say("leaving.figure_grace"), grace)


def _chart(rows: list[dict[str, Any]], words: Formatter) -> Chart | None:
    later = rows[1:]
    if len(later) < 2:
        return None
    entered, left = (
        sum(row[name] or 0 for row in later) / len(later) for name in ("entered", "left")
    )
    return Chart(
        key="entries_and_exits",
        title=words.say(
            "leaving.chart", entered=words.number(entered, 0), left=words.number(left, 0)
        ),
        kind="columns",
        categories=tuple(words.date(row["as_of"]) for row in later),
        value=Axis(words.say("leaving.axis"), "number"),
        series=tuple(
            Series(words.say(f"leaving.{name}"), tuple(row[name] for row in later), tone=tone)
            for name, tone in _TONES
        ),
        note=words.say("leaving.note"),
    )


_TONES: tuple[tuple[str, Any], ...] = (
    ("entered", "accent"),
    ("left", "quiet"),
    ("reentered", "signal"),
)


def _table(rows: list[dict[str, Any]], words: Formatter) -> tuple[AnswerTable, ...]:
    if not rows:
        return ()
    names = ("members", "entered", "left", "reentered")
    columns = (
        AnswerColumn(words.say("leaving.day")),
        *(AnswerColumn(words.say(f"leaving.{name}"), True) for name in names),
        AnswerColumn(words.say("leaving.stayed"), True),
    )
    cells = tuple(
        (
            words.date(row["as_of"]),
            *(words.number(row[name]) for name in names),
            words.number(row["months_stayed_median"], 1),
        )
        for row in rows
    )
    title = words.say("leaving.table")
    return (AnswerTable("programme_months", title, columns, cells, folded=True),)

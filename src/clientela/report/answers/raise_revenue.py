"""The question which actions raise revenue."""

from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.known import by_revenue, segment_names
from clientela.report.answers.pairs import pair_table
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

SHOWN = 10


def raise_revenue(material: ReportData, lang: Lang) -> Answer:
    """List what applies to each segment, with audience, money at stake, and how to measure it."""
    words = make_formatter(material, lang)
    question = words.say("actions.question")
    rows = material.rows("actions")
    if not rows:
        return Answer("actions", question, words.say("actions.none"))
    names = segment_names(material, words)
    largest = max(rows, key=lambda row: row["amount_at_stake"] or 0.0)
    stake = largest["amount_at_stake"]
    return Answer(
        key="actions",
        question=question,
        headline=words.say(
            "actions.headline",
            title=words.of(largest, "title"),
            segment=names.get(largest["segment"], str(largest["segment"])),
            amount=words.short(stake),
        ),
        paragraphs=(words.count("actions.count", len(rows)), words.say("actions.stake")),
        value=Figure(words.short(stake), words.say("actions.figure"), stake),
        charts=(_chart(rows, names, words),),
        tables=(*_tables(material, rows, names, words), *pair_table(rows, names, words)),
        caveat=words.say("actions.caveat"),
    )


def _chart(rows: list[dict[str, Any]], names: dict[int, str], words: Formatter) -> Chart:
    known = sorted(rows, key=lambda row: -(row["amount_at_stake"] or 0.0))[:SHOWN]
    kinds: dict[str, float] = {}
    for row in rows:
        kinds[row["action"]] = kinds.get(row["action"], 0.0) + (row["amount_at_stake"] or 0.0)
    most = max(kinds, key=lambda kind: kinds[kind])
    return Chart(
        key="actions",
        title=words.say("actions.chart", action=words.headed("action", most)),
        kind="bars",
        categories=tuple(
            words.say(
                "actions.label",
                action=words.headed("action", row["action"]),
                segment=names.get(row["segment"], str(row["segment"])),
            )
            for row in known
        ),
        value=Axis(words.say("actions.stake_axis"), "money"),
        series=(
            Series(words.say("actions.stake_axis"), tuple(row["amount_at_stake"] for row in known)),
        ),
        note=words.say("actions.chart_note"),
        currency=words.currency,
    )


def _tables(
    material: ReportData, rows: list[dict[str, Any]], names: dict[int, str], words: Formatter
) -> tuple[AnswerTable, ...]:
    ordered = [row["segment"] for row in by_revenue(material)]
    others = sorted({row["segment"] for row in rows} - set(ordered))
    mine = {each: [row for row in rows if row["segment"] == each] for each in (*ordered, *others)}
    return tuple(
        _table(segment, sorted(listed, key=lambda row: row["position"]), names, words)
        for segment, listed in mine.items()
        if listed
    )


def _table(
    segment: int, rows: list[dict[str, Any]], names: dict[int, str], words: Formatter
) -> AnswerTable:
    columns = (
        AnswerColumn(words.say("actions.what")),
        AnswerColumn(words.say("actions.audience"), True),
        AnswerColumn(words.say("actions.stake_axis"), True),
        AnswerColumn(words.say("actions.why")),
    )
    cells = tuple(
        (
            words.of(row, "title"),
            words.number(row["audience"]),
            words.money(row["amount_at_stake"]),
            " ".join((words.of(row, "text"), _whom(row, words))).strip(),
        )
        for row in rows
    )
    measures = dict.fromkeys(text for row in rows if (text := words.of(row, "measure")))
    note = words.say("actions.measure", measure=" ".join(measures)) if measures else ""
    return AnswerTable(
        f"actions_{segment}", names.get(segment, str(segment)), columns, cells, note=note
    )


def _whom(row: dict[str, Any], words: Formatter) -> str:
    rule = words.of(row, "audience_rule")
    return words.say("actions.whom", rule=rule) if rule else ""

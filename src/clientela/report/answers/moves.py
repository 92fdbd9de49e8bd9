"""Who changed segment since the run before."""

from typing import Any, NamedTuple

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.answers.known import segment_names
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

MOST = 10


class Moves(NamedTuple):
    """What is said of the moves, and the table of the largest."""

    paragraphs: tuple[str, ...]
    tables: tuple[AnswerTable, ...]


def moves(material: ReportData, words: Formatter) -> Moves:
    """Say which share of customers moved, and list the largest moves in customers and money."""
    rows = material.rows("segment_migrations")
    if not rows:
        return Moves((words.say("moves.first"),), ())
    stayers = [row for row in rows if row["from_segment"] is not None]
    known = sum(row["customers"] for row in stayers)
    moved = [row for row in rows if row["from_segment"] != row["to_segment"]]
    changed = sum(row["customers"] for row in moved if row["from_segment"] is not None)
    if not changed:
        return Moves((words.say("moves.nobody"),), ())
    told = words.say("moves.share", share=words.share(changed / known))
    return Moves((told,), (_table(moved, material, words),))


def _table(rows: list[dict[str, Any]], material: ReportData, words: Formatter) -> AnswerTable:
    names = segment_names(material, words)
    ordered = sorted(rows, key=lambda row: (-row["customers"], str(row["from_segment"])))
    columns = (
        AnswerColumn(words.say("moves.from")),
        AnswerColumn(words.say("moves.to")),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("column.revenue"), True),
    )
    cells = tuple(
        (
            _name(row["from_segment"], names, capitalize(words.say("moves.new"))),
            _name(row["to_segment"], names, capitalize(words.say("moves.gone"))),
            words.number(row["customers"]),
            words.money(row["revenue"]),
        )
        for row in ordered[:MOST]
    )
    return AnswerTable("moves", words.say("moves.table"), columns, cells)


def _name(segment: int | None, names: dict[int, str], absent: str) -> str:
    return absent if segment is None else names.get(segment, str(segment))

"""The programme's conditions as people read them."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerDownload, AnswerTable
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData


def conditions(material: ReportData, kind: str) -> list[dict[str, Any]]:
    """Give the conditions to enter (``entry``) or to stay (``exit``), in order."""
    rows = [row for row in material.rows("programme_rules") if row["kind"] == kind]
    return sorted(rows, key=lambda row: row["position"])


def sentences(material: ReportData, kind: str, words: Formatter) -> list[str]:
    """Give the conditions as sentences."""
    return [text for row in conditions(material, kind) if (text := words.of(row, "sentence"))]


def joined(sentences: list[str], words: Formatter) -> str:
    """Make one sentence of several conditions."""
    if len(sentences) < 2:
        return "".join(sentences)
    *first, last = sentences
    return words.say("rules.and", first=", ".join(first), last=last)


def grace_days(material: ReportData) -> int | None:
    """Give how long a member who no longer meets the conditions stays."""
    told = [row.get("grace_days") for row in conditions(material, "exit")]
    known = [int(days) for days in told if days is not None]
    return max(known) if known else None


def condition_table(material: ReportData, kind: str, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the conditions, one row each."""
    rows = conditions(material, kind)
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("rules.condition")),
        AnswerColumn(words.say("column.feature")),
        AnswerColumn(words.say("rules.limit"), True),
    )
    cells = tuple(
        (words.of(row, "sentence"), words.feature(row["feature"] or ""), _limit(row, words))
        for row in rows
    )
    return (AnswerTable(f"{kind}_conditions", words.say(f"rules.{kind}_table"), columns, cells),)


def lists(words: Formatter, programme: str) -> tuple[AnswerDownload, ...]:
    """Offer the lists of the programme."""
    return (
        AnswerDownload("insiders", words.say("download.insiders", programme=programme)),
        AnswerDownload("candidates", words.say("download.candidates")),
    )


def _limit(row: dict[str, Any], words: Formatter) -> str:
    if row["feature"] is None or row["value"] is None:
        return words.number(None)
    sign = {">=": "\N{GREATER-THAN OR EQUAL TO}", "<=": "\N{LESS-THAN OR EQUAL TO}"}
    return f"{sign.get(row['operator'], '')} {words.value(row['feature'], row['value'])}".strip()

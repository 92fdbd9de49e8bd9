"""The programme's conditions as people read them."""

from typing import Any

from clientela.report.answer import Column, Download, Table
from clientela.report.formatter import Words
from clientela.report.report_data import Material


def conditions(material: Material, kind: str) -> list[dict[str, Any]]:
    """Give the conditions to enter (``entry``) or to stay (``exit``), in order."""
    rows = [row for row in material.rows("programme_rules") if row["kind"] == kind]
    return sorted(rows, key=lambda row: row["position"])


def sentences(material: Material, kind: str, words: Words) -> list[str]:
    """Give the conditions as sentences."""
    return [text for row in conditions(material, kind) if (text := words.of(row, "sentence"))]


def joined(sentences: list[str], words: Words) -> str:
    """Make one sentence of several conditions."""
    if len(sentences) < 2:
        return "".join(sentences)
    *first, last = sentences
    return words.say("rules.and", first=", ".join(first), last=last)


def grace_days(material: Material) -> int | None:
    """Give how long a member who no longer meets the conditions stays."""
    told = [row.get("grace_days") for row in conditions(material, "exit")]
    known = [int(days) for days in told if days is not None]
    return max(known) if known else None


def condition_table(material: Material, kind: str, words: Words) -> tuple[Table, ...]:
    """List the conditions, one row each."""
    rows = conditions(material, kind)
    if not rows:
        return ()
    columns = (
        Column(words.say("rules.condition")),
        Column(words.say("column.feature")),
        Column(words.say("rules.limit"), True),
    )
    cells = tuple(
        (words.of(row, "sentence"), words.feature(row["feature"] or ""), _limit(row, words))
        for row in rows
    )
    return (Table(f"{kind}_conditions", words.say(f"rules.{kind}_table"), columns, cells),)


def lists(words: Words, programme: str) -> tuple[Download, ...]:
    """Offer the lists of the programme."""
    return (
        Download("insiders", words.say("download.insiders", programme=programme)),
        Download("candidates", words.say("download.candidates")),
    )


def _limit(row: dict[str, Any], words: Words) -> str:
    if row["feature"] is None or row["value"] is None:
        return words.number(None)
    sign = {">=": "\N{GREATER-THAN OR EQUAL TO}", "<=": "\N{LESS-THAN OR EQUAL TO}"}
    return f"{sign.get(row['operator'], '')} {words.value(row['feature'], row['value'])}".strip()

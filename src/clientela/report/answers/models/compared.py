"""The models compared: their settings, and why each was taken or not."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.answers.modelled import candidates
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData, parse_json


def candidate_table(
    material: ReportData, purpose: str, words: Formatter
) -> tuple[AnswerTable, ...]:
    """List the candidates of a purpose with their verdicts and settings."""
    rows = candidates(material, purpose)
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("models.model")),
        AnswerColumn(words.say("models.family")),
        AnswerColumn(words.say("models.role")),
        AnswerColumn(words.say("models.trials"), True),
        AnswerColumn(words.say("column.verdict")),
        AnswerColumn(words.say("models.parameters")),
    )
    cells = tuple(_cells(row, words) for row in rows)
    strong = tuple(place for place, row in enumerate(rows) if row["role"] == "champion")
    title = words.say("models.candidates", purpose=words.label("purpose", purpose))
    note = words.say("models.candidates_note")
    return (AnswerTable(f"candidates_{purpose}", title, columns, cells, strong, note),)


def _cells(row: dict[str, Any], words: Formatter) -> tuple[str, ...]:
    exportable = "" if row["exportable"] else f" {words.say('models.not_exportable')}"
    return (
        capitalize(words.model(row["model"])),
        words.label("family", row["family"]),
        words.label("role", row["role"]),
        words.number(row["trials"]),
        words.of(row, "verdict") + exportable,
        settings(row["parameters"], words),
    )


def settings(told: Any, words: Formatter) -> str:
    """Write a model's settings.

    Examples
    --------
    >>> settings('{"num_leaves": 15, "learning_rate": 0.0512345}', Words("pt_BR", None))
    'learning_rate = 0,051; num_leaves = 15'
    """
    found = parse_json(told)
    given = found if isinstance(found, dict) else {}
    known = {name: value for name, value in sorted(given.items()) if value is not None}
    if not known:
        return words.number(None)
    return "; ".join(f"{name} = {_written(value, words)}" for name, value in known.items())


def _written(value: Any, words: Formatter) -> str:
    if isinstance(value, float) and not value.is_integer():
        return words.number(value, 3) if abs(value) >= 0.001 else f"{value:.1e}"
    return str(int(value)) if isinstance(value, float) else str(value)

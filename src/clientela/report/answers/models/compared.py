"""The models compared: their settings, and why each was taken or not."""

from typing import Any

from clientela.report.answer import Column, Table
from clientela.report.answers.modelled import candidates
from clientela.report.formatter import Words, capital
from clientela.report.report_data import Material, parsed


def candidate_table(material: Material, purpose: str, words: Words) -> tuple[Table, ...]:
    """List the candidates of a purpose with their verdicts and settings."""
    rows = candidates(material, purpose)
    if not rows:
        return ()
    columns = (
        Column(words.say("models.model")),
        Column(words.say("models.family")),
        Column(words.say("models.role")),
        Column(words.say("models.trials"), True),
        Column(words.say("column.verdict")),
        Column(words.say("models.parameters")),
    )
    cells = tuple(_cells(row, words) for row in rows)
    strong = tuple(place for place, row in enumerate(rows) if row["role"] == "champion")
    title = words.say("models.candidates", purpose=words.label("purpose", purpose))
    note = words.say("models.candidates_note")
    return (Table(f"candidates_{purpose}", title, columns, cells, strong, note),)


def _cells(row: dict[str, Any], words: Words) -> tuple[str, ...]:
    exportable = "" if row["exportable"] else f" {words.say('models.not_exportable')}"
    return (
        capital(words.model(row["model"])),
        words.label("family", row["family"]),
        words.label("role", row["role"]),
        words.number(row["trials"]),
        words.of(row, "verdict") + exportable,
        settings(row["parameters"], words),
    )


def settings(told: Any, words: Words) -> str:
    """Write a model's settings.

    Examples
    --------
    >>> settings('{"num_leaves": 15, "learning_rate": 0.0512345}', Words("pt_BR", None))
    'learning_rate = 0,051; num_leaves = 15'
    """
    found = parsed(told)
    given = found if isinstance(found, dict) else {}
    known = {name: value for name, value in sorted(given.items()) if value is not None}
    if not known:
        return words.number(None)
    return "; ".join(f"{name} = {_written(value, words)}" for name, value in known.items())


def _written(value: Any, words: Words) -> str:
    if isinstance(value, float) and not value.is_integer():
        return words.number(value, 3) if abs(value) >= 0.001 else f"{value:.1e}"
    return str(int(value)) if isinstance(value, float) else str(value)

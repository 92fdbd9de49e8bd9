"""The card of the model that serves: from which data, with which features, by which packages."""

import datetime as dt
from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.answers.modelled import card
from clientela.report.answers.models.compared import settings
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

HASH_SHOWN = 12


def card_table(material: ReportData, kind: str, words: Formatter) -> tuple[AnswerTable, ...]:
    """Show what the card of the champion of a kind says."""
    told = card(material, kind)
    return (_table(told["model_id"], told, kind, words),) if told else ()


def _table(model_id: str, told: dict[str, Any], kind: str, words: Formatter) -> AnswerTable:
    rows = {
        "id": model_id,
        "as_of": _day(told.get("as_of"), words),
        "customers": words.number(told.get("customers")),
        "data_hash": str(told.get("data_hash") or "")[:HASH_SHOWN],
        "features": _features(told.get("features") or (), words),
        "settings": settings(told.get("parameters"), words),
        "seed": str(told.get("seed", "")),
        "versions": settings(told.get("versions"), words),
    }
    columns = (AnswerColumn(words.say("card.what")), AnswerColumn(words.say("card.said")))
    cells = tuple((words.say(f"card.{name}"), text) for name, text in rows.items() if text)
    title = words.say("card.table")
    return AnswerTable(
        f"card_{kind}", title, columns, cells, note=words.say("card.note"), folded=True
    )


def _day(told: Any, words: Formatter) -> str:
    return words.date(dt.date.fromisoformat(str(told))) if told else ""


def _features(listed: Any, words: Formatter) -> str:
    names = [each["name"] if isinstance(each, dict) else str(each) for each in listed]
    return "; ".join(words.feature(name) for name in names)

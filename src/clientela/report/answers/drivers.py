"""What a model's answers depend on."""

from typing import Any

from clientela.report.answer import Axis, Chart, Series
from clientela.report.answers.modelled import champion
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

SHOWN = 10


def drivers(material: ReportData, purpose: str, words: Formatter, key: str = "") -> Chart | None:
    """Draw the features that weigh most in the champion's answers."""
    rows = _rows(material, purpose)[:SHOWN]
    if not rows:
        return None
    first = words.feature(rows[0]["feature"])
    return Chart(
        key=key or f"{purpose}_drivers",
        title=words.say("drivers.chart", feature=first, share=words.share(rows[0]["importance"])),
        kind="bars",
        categories=tuple(_named(row, words) for row in rows),
        value=Axis(words.say("drivers.axis"), "share"),
        series=(Series(words.say("drivers.axis"), tuple(row["importance"] for row in rows)),),
        note=words.say("drivers.note"),
    )


def _rows(material: ReportData, purpose: str) -> list[dict[str, Any]]:
    of = champion(material, purpose)
    rows = [row for row in material.rows("model_importance") if row["purpose"] == purpose]
    mine = [row for row in rows if of is None or row["model"] == of]
    return sorted(mine, key=lambda row: row["position"])


def _named(row: dict[str, Any], words: Formatter) -> str:
    sign = {1: "\N{NORTH EAST ARROW}", -1: "\N{SOUTH EAST ARROW}"}.get(row["direction"], "")
    return f"{words.feature(row['feature'])} {sign}".strip()

"""The curves of the models: ROC, precision and recall, calibration, gain, learning."""

from collections import defaultdict
from typing import Any

from clientela.report.answer import Axis, Chart, Format, Series
from clientela.report.answers.modelled import candidates, champion, metric
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

Rows = list[dict[str, Any]]
CURVES: dict[str, tuple[Format, Format]] = {
    "value_calibration": ("money", "money"),
    "value_gain": ("share", "share"),
    "roc": ("share", "share"),
    "pr": ("share", "share"),
    "calibration": ("share", "share"),
    "gain": ("share", "share"),
    "learning": ("number", "decimal"),
}
"""The curves in their order, with the formats of x and y."""
DIAGONAL = ("roc", "calibration", "gain", "value_calibration", "value_gain")
MOST = 5


def curves(material: ReportData, purpose: str, words: Formatter) -> tuple[Chart, ...]:
    """Draw the curves there are of a purpose, the champion's before all others."""
    found: dict[str, dict[str, Rows]] = defaultdict(lambda: defaultdict(list))
    for row in material.rows("model_curves"):
        if row["purpose"] == purpose and row["x"] is not None and row["y"] is not None:
            curve = row["curve"] if purpose == "churn" else f"value_{row['curve']}"
            found[curve][row["model"]].append(row)
    return tuple(
        _chart(material, purpose, curve, found[curve], words) for curve in CURVES if curve in found
    )


def _chart(
    material: ReportData, purpose: str, curve: str, of: dict[str, Rows], words: Formatter
) -> Chart:
    names = _ordered(material, purpose, of)
    lines = [_line(of[name], capitalize(words.model(name)), i) for i, name in enumerate(names)]
    along, up = CURVES[curve]
    return Chart(
        key=f"{purpose}_{curve.removeprefix('value_')}",
        title=_title(purpose, curve, words),
        kind="lines",
        category=Axis(words.say(f"curves.{curve}_x"), along),
        value=Axis(words.say(f"curves.{curve}_y"), up),
        series=(*lines, *_reference(material, purpose, curve, _end(of, curve), words)),
        floating=curve == "learning",
        note=words.say(f"curves.{curve}_note"),
        currency=words.currency,
    )


def _title(purpose: str, curve: str, words: Formatter) -> str:
    told = words.say(f"curves.{curve}")
    if purpose == "churn":
        return told
    return words.say("curves.of", title=told, purpose=words.label("purpose", purpose))


def _end(of: dict[str, Rows], curve: str) -> float:
    """Give how far the diagonal goes."""
    if CURVES[curve][0] == "share":
        return 1.0
    return max((row["x"] for rows in of.values() for row in rows), default=1.0)


def _ordered(material: ReportData, purpose: str, of: dict[str, Rows]) -> list[str]:
    """Put the champion first, then the others as they were compared."""
    serving = champion(material, purpose)
    listed = [row["model"] for row in candidates(material, purpose)]
    ranks = {name: place for place, name in enumerate(dict.fromkeys((serving, *listed)))}
    return sorted(of, key=lambda name: (ranks.get(name, len(ranks)), name))[:MOST]


def _line(rows: Rows, name: str, place: int) -> Series:
    """Draw a model's line; the champion's alone with its interval, for several would blur."""
    told = sorted(rows, key=lambda row: row["position"])
    with_ends = place == 0 and any(row["low"] is not None for row in told)
    return Series(
        name=name,
        values=tuple((row["x"], row["y"]) for row in told),
        low=tuple(row["low"] for row in told) if with_ends else (),
        high=tuple(row["high"] for row in told) if with_ends else (),
        tone="accent" if place == 0 else place,
    )


def _reference(
    material: ReportData, purpose: str, curve: str, end: float, words: Formatter
) -> tuple[Series, ...]:
    """Draw what chance, or perfection, would show."""
    if curve in DIAGONAL:
        ends: tuple[tuple[float, float], ...] = ((0.0, 0.0), (end, end))
        name = words.say("curves.perfect" if curve.endswith("calibration") else "curves.chance")
        return (Series(name, ends, tone="quiet"),)
    rate = metric(material, purpose, champion(material, purpose), "base_rate").get("value")
    if curve != "pr" or rate is None:
        return ()
    return (Series(words.say("curves.chance"), ((0.0, rate), (1.0, rate)), tone="quiet"),)

"""The pictures of the segments: profile, map, silhouettes."""

import math
from typing import Any

from clientela.report.answer import Axis, Chart, Series
from clientela.report.answers.known import by_revenue, segment_names, tones
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData, parse_json

MARKS = (
    "revenue",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
    "returned_share",
)
BASE = 100.0


def heat(material: ReportData, words: Formatter) -> Chart | None:
    """Draw each segment's averages against those of all customers."""
    rows = by_revenue(material)
    profiles = [parse_json(row["profile"]) or {} for row in rows]
    names = [name for name in MARKS if any(_index(profile, name) for profile in profiles)]
    if len(rows) < 2 or not names:
        return None
    cells = [tuple(_index(profile, name) for name in names) for profile in profiles]
    return Chart(
        key="segment_profiles",
        title=_most_marked(rows, names, cells, words),
        kind="heat",
        categories=tuple(words.feature(name) for name in names),
        value=Axis(words.say("pictures.index"), "index"),
        series=tuple(
            Series(words.of(row, "name"), values) for row, values in zip(rows, cells, strict=True)
        ),
        centre=BASE,
        note=words.say("pictures.heat_note"),
    )


def customer_map(material: ReportData, words: Formatter) -> Chart | None:
    """Draw a sample of customers so that alike ones stand close, coloured by segment."""
    rows = material.rows("customer_map")
    names, colours = segment_names(material, words), tones(material)
    if not rows or len(names) < 2:
        return None
    groups: dict[int, list[tuple[float, float]]] = {segment: [] for segment in sorted(names)}
    for row in rows:
        groups.setdefault(row["segment"], []).append((round(row["x"], 3), round(row["y"], 3)))
    return Chart(
        key="customer_map",
        title=words.say("pictures.map_title", n=words.number(len(rows))),
        kind="points",
        category=Axis("", "text"),
        value=Axis("", "text"),
        series=tuple(
            Series(names.get(segment, str(segment)), tuple(points), tone=colours.get(segment, 0))
            for segment, points in groups.items()
            if points
        ),
        note=words.say("pictures.map_note"),
    )


def silhouettes(material: ReportData, words: Formatter) -> Chart | None:
    """Draw how clearly the members of each segment belong to it."""
    rows = [row for row in by_revenue(material) if parse_json(row.get("silhouettes"))]
    colours = tones(material)
    known = [row for row in rows if row.get("silhouette") is not None]
    if len(rows) < 2 or not known:
        return None
    best, worst = (pick(known, key=lambda row: row["silhouette"]) for pick in (max, min))
    return Chart(
        key="silhouettes",
        title=words.say(
            "pictures.silhouettes_title", best=words.of(best, "name"), worst=words.of(worst, "name")
        ),
        kind="silhouettes",
        category=Axis("", "text"),
        value=Axis(words.say("pictures.silhouette"), "decimal"),
        series=tuple(
            Series(
                words.of(row, "name"),
                tuple(sorted(parse_json(row["silhouettes"]), reverse=True)),
                tone=colours[row["segment"]],
            )
            for row in rows
        ),
        note=words.say("pictures.silhouettes_note"),
    )


def _index(profile: dict[str, Any], name: str) -> float | None:
    found = profile.get(name) or {}
    value = found.get("index")
    return None if value is None else round(float(value), 1)


def _most_marked(
    rows: list[dict[str, Any]],
    names: list[str],
    cells: list[tuple[float | None, ...]],
    words: Formatter,
) -> str:
    """Name the cell farthest above the base, or else below it."""
    found = [
        (abs(math.log(value / BASE)), value, row, name)
        for row, values in zip(rows, cells, strict=True)
        for name, value in zip(names, values, strict=True)
        if value is not None and value > 0
    ]
    if not found:
        return words.say("pictures.heat_plain")
    above = [each for each in found if each[1] >= BASE]
    _, value, row, name = max(above or found, key=lambda each: each[0])
    told = {"name": words.of(row, "name"), "feature": words.feature(name)}
    if value >= BASE:
        return words.say("pictures.heat_more", times=words.number(value / BASE, 1), **told)
    return words.say("pictures.heat_less", share=words.share(value / BASE), **told)

"""Why the base is divided so: the divisions that were compared, and their verdicts."""

from typing import Any

import numpy as np

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Mark, Series
from clientela.report.answers.modelled import card
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

SHOWN = 8
FAINT = "no_groups"
"""The segmentation's own remark that its groups are hardly clearer than those of shuffled data."""
UNTRIED = "untried"


def chosen(material: ReportData) -> dict[str, Any] | None:
    """Give the division that was chosen."""
    found = [row for row in material.rows("segment_candidates") if row["chosen"]]
    return found[0] if found else None


def reasons(material: ReportData, words: Formatter) -> tuple[str, ...]:
    """Say how many divisions were compared, and why this one was chosen."""
    rows, taken = material.rows("segment_candidates"), chosen(material)
    if taken is None:
        return ()
    tried = [row for row in rows if _tried(row)]
    told = words.say(
        "division.compared",
        n=words.number(len(tried)),
        method=name_of(taken, words),
        verdict=words.of(taken, "verdict"),
    )
    remarks = material.facts.get("segmentation", {}).get("notes", [])
    faint = any(note["code"] == FAINT for note in remarks)
    others = (words.of(note, "sentence") for note in remarks if note["code"] != FAINT)
    texts = (told, _structure(taken, words, faint=faint), _stable(taken, words), *others)
    return tuple(text for text in (*texts, _outliers(material, words)) if text)


def elbow(material: ReportData, words: Formatter) -> Chart | None:
    """Draw how the spread within segments falls as there are more of them."""
    taken = chosen(material)
    if taken is None:
        return None
    ways = ("space", "algorithm")
    rows = [
        row
        for row in material.rows("segment_candidates")
        if row.get("within_ss") is not None and all(row[way] == taken[way] for way in ways)
    ]
    by_k = {row["k"]: row["within_ss"] for row in rows if row["k"]}
    if len(by_k) < 3 or taken["k"] not in by_k:
        return None
    by_k = {**_undivided(taken, card(material, "segments")), **by_k}
    most = max(by_k.values()) or 1.0
    return Chart(
        key="elbow",
        title=_elbow_title(by_k, taken["k"], words),
        kind="lines",
        category=Axis(words.say("division.k"), "number"),
        value=Axis(words.say("division.spread"), "share"),
        series=(
            Series(words.say("division.spread"), tuple((k, by_k[k] / most) for k in sorted(by_k))),
        ),
        marks=(Mark(taken["k"], words.say("division.taken")),),
        note=words.say("division.elbow_note", method=name_of(taken, words)),
    )


def candidate_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw stability against foresight, one point a division."""
    rows = [
        row
        for row in material.rows("segment_candidates")
        if row["bootstrap_ari"] is not None and row["foresight"] is not None
    ]
    taken = [row for row in rows if row["chosen"]]
    if len(rows) < 3 or not taken:
        return None
    others = [row for row in rows if not row["chosen"]]
    stability, foresight = taken[0]["bootstrap_ari"], taken[0]["foresight"]
    return Chart(
        key="candidates",
        title=words.say(
            "division.chart_title",
            stability=words.number(stability, 2),
            foresight=words.share(foresight),
        ),
        kind="points",
        category=Axis(words.say("division.stability"), "decimal"),
        value=Axis(words.say("division.foresight"), "share"),
        series=(
            Series(words.say("division.others"), _points(others), tone="quiet"),
            Series(words.say("division.taken"), _points(taken), tone="signal"),
        ),
        note=words.say("division.chart_note"),
    )


def candidate_tables(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List the chosen division with the best of the others, and apart all that remain."""
    rows = [row for row in material.rows("segment_candidates") if _tried(row)]
    if not rows:
        return ()
    ordered = sorted(rows, key=_merit)
    untried = len(material.rows("segment_candidates")) - len(rows)
    note = words.count("division.untried", untried) if untried else ""
    strong = tuple(place for place, row in enumerate(ordered[:SHOWN]) if row["chosen"])
    columns = _columns(words)
    first = tuple(_cells(row, words) for row in ordered[:SHOWN])
    rest = tuple(_cells(row, words) for row in ordered[SHOWN:])
    title = words.say("division.table")
    best = AnswerTable("candidates", title, columns, first, strong, note)
    if not rest:
        return (best,)
    title = words.say("division.rest")
    return best, AnswerTable("other_candidates", title, columns, rest, folded=True)


def name_of(row: dict[str, Any], words: Formatter) -> str:
    """Name a division by its method and its space."""
    method, space = (words.label(way, row[way]) for way in ("algorithm", "space"))
    return words.say("division.method", method=method, space=space)


def _outliers(material: ReportData, words: Formatter) -> str:
    effect = material.facts.get("segmentation", {}).get("outliers")
    return words.of(effect, "sentence") if effect else ""


def _structure(taken: dict[str, Any], words: Formatter, *, faint: bool) -> str:
    real, none = taken.get("own_silhouette"), taken.get("permuted_silhouette")
    if real is None or none is None:
        return ""
    key = "weak_structure" if faint else "structure"
    return words.say(
        f"division.{key if real > none else 'no_structure'}",
        real=words.number(real, 2),
        none=words.number(none, 2),
    )


def _stable(taken: dict[str, Any], words: Formatter) -> str:
    if taken.get("bootstrap_ari") is None or not taken.get("refits"):
        return ""
    return words.say(
        "division.stable",
        refits=words.number(taken["refits"]),
        ari=words.number(taken["bootstrap_ari"], 2),
    )


def _undivided(row: dict[str, Any], told: dict[str, Any]) -> dict[int, float]:
    """Give the spread of one segment of all, of a division's own spread and ratio.

    The ratio is the spread between segments over that within, each by its freedom. Its source is in
    :class:`clientela.segments.fit.cluster_metrics.Spread`.
    """
    most = (told.get("parameters") or {}).get("sample_rows")
    ratio = row.get("calinski_harabasz")
    if ratio is None or most is None or row["k"] < 2:
        return {}
    freedom = (min(told["customers"], most) - row["k"]) / (row["k"] - 1)
    return {1: row["within_ss"] * (1 + ratio / freedom)} if freedom > 0 else {}


def _elbow_title(by_k: dict[int, float], k: int, words: Formatter) -> str:
    larger = [other for other in by_k if other > k]
    if not larger:
        return words.say("division.elbow_last", k=words.number(k))
    after = min(larger)
    gain = 1 - by_k[after] / by_k[k] if by_k[k] else 0.0
    told = {"k": words.number(k), "after": words.number(after)}
    return words.say("division.elbow_title", gain=words.share(max(gain, 0.0)), **told)


def _tried(row: dict[str, Any]) -> bool:
    return row["verdict"] != UNTRIED and row["k"] is not None


def _merit(row: dict[str, Any]) -> tuple[bool, bool, float, int]:
    """Order by choice, then by stability having been measured, then by silhouette."""
    measured = row["bootstrap_ari"] is not None
    silhouette = row["silhouette"] if row["silhouette"] is not None else -np.inf
    return not row["chosen"], not measured, -float(silhouette), row["position"]


def _points(rows: list[dict[str, Any]]) -> tuple[tuple[float, float], ...]:
    return tuple((row["bootstrap_ari"], row["foresight"]) for row in rows)


def _columns(words: Formatter) -> tuple[AnswerColumn, ...]:
    return (
        AnswerColumn(words.say("division.name")),
        AnswerColumn(words.say("division.k_short"), True),
        AnswerColumn(words.say("division.silhouette"), True),
        AnswerColumn(words.say("division.stability_short"), True),
        AnswerColumn(words.say("division.foresight_short"), True),
        AnswerColumn(words.say("division.smallest"), True),
        AnswerColumn(words.say("column.verdict")),
    )


def _cells(row: dict[str, Any], words: Formatter) -> tuple[str, ...]:
    return (
        capitalize(name_of(row, words)),
        words.number(row["k"]),
        words.number(row["silhouette"], 2),
        words.number(row["bootstrap_ari"], 2),
        words.share(row["foresight"]),
        words.share(row["smallest_share"]),
        words.of(row, "verdict"),
    )

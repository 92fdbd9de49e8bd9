"""Why these segments: the clusterings compared, the elbow, stability and verdicts."""

from typing import Any

import numpy as np

from clientela.report.answer import AnswerTable, Axis, Chart, Mark, Series
from clientela.report.answers.queries import Rows, assign_tones, list_segments, read_card
from clientela.report.formatter import Formatter, capitalize, fold
from clientela.report.report_data import ReportData, parse_json

MOST_SHOWN = 8  # the rest stand in a folded table
FAINT = "no_groups"
"""The segmentation's own remark that its groups are hardly clearer than those of shuffled data."""
UNTRIED = "untried"


def find_champion_clustering(data: ReportData) -> dict[str, Any] | None:
    """Return the clustering that was chosen."""
    return next((row for row in data.rows("segment_candidates") if row["chosen"]), None)


def explain_choice(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    """Say how many clusterings were compared, and why this one was chosen."""
    champion = find_champion_clustering(data)
    if champion is None:
        return ()
    compared = fmt.say(
        "division.compared",
        n=fmt.number(sum(_has_result(row) for row in data.rows("segment_candidates"))),
        method=_name_clustering(champion, fmt),
        verdict=fmt.localize(champion, "verdict"),
    )
    segmentation = data.facts.get("segmentation", {})
    notes = segmentation.get("notes", [])
    return (
        compared,
        _describe_structure(champion, fmt, faint=_is_faint(data)),
        _describe_stability(champion, fmt),
        *(fmt.localize(note, "sentence") for note in notes if note["code"] != FAINT),
        fmt.localize(segmentation.get("outliers") or {}, "sentence"),
    )


def explain_groups(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    """Say in plain words whether the groups are clear; the statistics stand with the models."""
    structure = _name_structure(find_champion_clustering(data) or {}, _is_faint(data))
    return (fmt.say(f"segments.{structure}"),) if structure else ()


def _is_faint(data: ReportData) -> bool:
    notes = data.facts.get("segmentation", {}).get("notes", [])
    return any(note["code"] == FAINT for note in notes)


def _name_structure(champion: dict[str, Any], faint: bool) -> str:
    """Return the key of how clear the groups are, or nothing where that was not measured."""
    real, none = champion.get("own_silhouette"), champion.get("permuted_silhouette")
    if real is None or none is None:
        return ""
    return "no_structure" if real <= none else "weak_structure" if faint else "structure"


def _describe_structure(champion: dict[str, Any], fmt: Formatter, *, faint: bool) -> str:
    structure = _name_structure(champion, faint)
    silhouettes = {
        name: fmt.number(champion.get(f"{column}_silhouette"), 2)
        for name, column in (("real", "own"), ("none", "permuted"))
    }
    return fmt.say(f"division.{structure}", **silhouettes) if structure else ""


def _describe_stability(champion: dict[str, Any], fmt: Formatter) -> str:
    if champion.get("bootstrap_ari") is None or not champion.get("refits"):
        return ""
    refits, ari = fmt.number(champion["refits"]), fmt.number(champion["bootstrap_ari"], 2)
    return fmt.say("division.stable", refits=refits, ari=ari)


def draw_elbow(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw how the spread within segments falls as there are more of them."""
    champion = find_champion_clustering(data)
    if champion is None:
        return None
    spreads = {
        row["k"]: row["within_ss"]
        for row in data.rows("segment_candidates")
        if row["k"]
        and row.get("within_ss") is not None
        and all(row[name] == champion[name] for name in ("space", "algorithm"))
    }
    if len(spreads) < 3 or champion["k"] not in spreads:
        return None
    spreads = _derive_total_spread(champion, read_card(data, "segments")) | spreads
    largest = max(spreads.values()) or 1.0
    axis = fmt.say("division.spread")
    return Chart(
        key="elbow",
        title=_name_elbow(spreads, champion["k"], fmt),
        kind="lines",
        category=Axis(fmt.say("division.k"), "number"),
        value=Axis(axis, "share"),
        series=(Series(axis, tuple((k, spreads[k] / largest) for k in sorted(spreads))),),
        marks=(Mark(champion["k"], fmt.say("division.taken")),),
        note=fmt.say("division.elbow_note", method=_name_clustering(champion, fmt)),
    )


def _derive_total_spread(champion: dict[str, Any], card: dict[str, Any]) -> dict[int, float]:
    """Return the spread of one segment of all, from a clustering's own spread and ratio.

    The Calinski-Harabasz ratio is the spread between segments over that within, each by its
    degrees of freedom.
    """
    largest = (card.get("parameters") or {}).get("sample_rows")
    ratio = champion.get("calinski_harabasz")
    if ratio is None or largest is None or champion["k"] < 2:
        return {}
    freedom = (min(card["customers"], largest) - champion["k"]) / (champion["k"] - 1)
    return {1: champion["within_ss"] * (1 + ratio / freedom)} if freedom > 0 else {}


def _name_elbow(spreads: dict[int, float], k: int, fmt: Formatter) -> str:
    larger = [other for other in spreads if other > k]
    if not larger:
        return fmt.say("division.elbow_last", k=fmt.number(k))
    after = min(larger)
    gain = fmt.share(max(1 - spreads[after] / spreads[k] if spreads[k] else 0.0, 0.0))
    return fmt.say("division.elbow_title", gain=gain, k=fmt.number(k), after=fmt.number(after))


def draw_candidates(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw stability against predictive power, one point a clustering."""
    rows = [
        row
        for row in data.rows("segment_candidates")
        if row["bootstrap_ari"] is not None and row["foresight"] is not None
    ]
    champion = [row for row in rows if row["chosen"]]
    if len(rows) < 3 or not champion:
        return None
    rejected = [row for row in rows if not row["chosen"]]
    return Chart(
        key="candidates",
        title=fmt.say(
            "division.chart_title",
            stability=fmt.number(champion[0]["bootstrap_ari"], 2),
            foresight=fmt.share(champion[0]["foresight"]),
        ),
        kind="points",
        category=Axis(fmt.say("division.stability"), "decimal"),
        value=Axis(fmt.say("division.foresight"), "share"),
        series=(
            Series(fmt.say("division.others"), _place_points(rejected), tone="quiet"),
            Series(fmt.say("division.taken"), _place_points(champion), tone="signal"),
        ),
        note=fmt.say("division.chart_note"),
    )


def _place_points(rows: Rows) -> tuple[tuple[float, float], ...]:
    return tuple((row["bootstrap_ari"], row["foresight"]) for row in rows)


def list_clusterings(data: ReportData, fmt: Formatter) -> tuple[AnswerTable | None, ...]:
    """List the best clusterings, the chosen one first, and apart all that remain."""
    candidates = data.rows("segment_candidates")
    rows = sorted((row for row in candidates if _has_result(row)), key=_rank_candidate)
    untried = len(candidates) - len(rows)
    note = fmt.count("division.untried", untried) if untried else ""

    def build(key: str, title: str, part: Rows, note: str, *, folded: bool) -> AnswerTable | None:
        return fold(
            fmt.table(
                key,
                fmt.say(title),
                part,
                [
                    ("division.name", "text", lambda row: capitalize(_name_clustering(row, fmt))),
                    ("division.k_short", "number", "k"),
                    ("division.silhouette", "decimal2", "silhouette"),
                    ("division.stability_short", "decimal2", "bootstrap_ari"),
                    ("division.foresight_short", "share", "foresight"),
                    ("division.smallest", "share", "smallest_share"),
                    ("column.verdict", "text", "verdict"),
                ],
                strong="chosen",
                note=note,
            ),
            folded,
        )

    return (
        build("candidates", "division.table", rows[:MOST_SHOWN], note, folded=False),
        build("other_candidates", "division.rest", rows[MOST_SHOWN:], "", folded=True),
    )


def _name_clustering(row: dict[str, Any], fmt: Formatter) -> str:
    """Return a clustering's name: its method and its space."""
    method, space = (fmt.label(name, row[name]) for name in ("algorithm", "space"))
    return fmt.say("division.method", method=method, space=space)


def _has_result(row: dict[str, Any]) -> bool:
    return row["verdict"] != UNTRIED and row["k"] is not None


def _rank_candidate(row: dict[str, Any]) -> tuple[bool, bool, float, int]:
    """Return a key: the chosen one, then those whose stability was measured, by silhouette."""
    measured = row["bootstrap_ari"] is not None
    silhouette = row["silhouette"] if row["silhouette"] is not None else -np.inf
    return not row["chosen"], not measured, -float(silhouette), row["position"]


def draw_silhouettes(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw how clearly the members of each segment belong to it."""
    rows = [row for row in list_segments(data) if parse_json(row.get("silhouettes"))]
    measured = [row for row in rows if row.get("silhouette") is not None]
    if len(rows) < 2 or not measured:
        return None
    tones = assign_tones(data)
    best, worst = (
        fmt.localize(pick(measured, key=lambda row: row["silhouette"]), "name")
        for pick in (max, min)
    )
    return Chart(
        key="silhouettes",
        title=fmt.say("pictures.silhouettes_title", best=best, worst=worst),
        kind="silhouettes",
        category=Axis("", "text"),
        value=Axis(fmt.say("pictures.silhouette"), "decimal"),
        series=tuple(
            Series(
                fmt.localize(row, "name"),
                tuple(sorted(parse_json(row["silhouettes"]), reverse=True)),
                tone=tones[row["segment"]],
            )
            for row in rows
        ),
        note=fmt.say("pictures.silhouettes_note"),
    )

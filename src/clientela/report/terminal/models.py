"""Texts of ``clientela models``: the list of stored models, and the card of one."""

from collections.abc import Mapping, Sequence
from typing import Any

from clientela.i18n import Lang, t, translate
from clientela.report.terminal.tables import (
    format_figure,
    format_interval,
    format_records,
    format_table,
    write_numbers_in,
)

MOST_SCORES = 3  # in the list, which has a line a model
FIRST_SCORES = ("roc_auc", "log_loss", "ece", "bias", "mae")
"""Scores that come before the others, which stand in alphabetical order."""
MOST_FEATURES = 15  # a screen; all are in the JSON
MOST_POINTS = 6  # of a curve, on one line; all are in the JSON and in the report
CHAMPION = "champion"
SIGNS = {1: "raises", -1: "lowers", 0: "mixed"}
Rows = Sequence[Mapping[str, Any]]


def format_models(models: Rows, lang: Lang = "en") -> str:
    """Write a line a model."""
    if not models:
        return translate("There are no models; 'clientela run FILE' learns them.", lang)
    with write_numbers_in(lang):
        return _format_list(models)


def _format_list(models: Rows) -> str:
    rows = [
        [
            model["kind"],
            model["model_id"],
            model["role"],
            model["as_of"],
            format_figure(model["customers"]),
            "  ".join(_list_scores(model["scores"])[:MOST_SCORES]),
        ]
        for model in models
    ]
    return format_table(["kind", "model_id", "role", "as_of", "customers", "scores"], rows)


def format_decisions(decisions: Rows, lang: Lang) -> str:
    """Write a line a decision: the day, and what was decided by what evidence."""
    lines = [f"{row['as_of']}  {row[f'sentence_{lang.lower()}']}" for row in decisions]
    return "\n".join(lines) or t("retrain.none", lang)


def format_model(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write a model's card, what was found about it, and what it was compared with.

    Parameters
    ----------
    facts : mapping
        What ``clientela models show --json`` prints.
    lang : "en" or "pt_BR"
        Language of the sentences.
    """
    with write_numbers_in(lang):
        return translate(_format_parts(facts, lang), lang)


def _format_parts(facts: Mapping[str, Any], lang: Lang) -> str:
    card = facts["card"]
    features = [f"{feature['name']} ({feature['dtype']})" for feature in card["features"]]
    settings = sorted(card["parameters"].items())
    candidates = facts.get("model_candidates", ())
    notes = [row[f"text_{lang.lower()}"] or "" for row in facts.get("model_notes", ())]
    parts = [
        _format_head(facts),
        _format_lines("Features", features),
        _format_lines("Settings", [f"{key} = {format_figure(value)}" for key, value in settings]),
        _format_lines("Scores", _list_scores(card["scores"])),
        "\n".join(notes),
        _format_candidates(candidates, f"verdict_{lang.lower()}"),
        _format_metrics(facts.get("model_metrics", ())),
        _format_curves(facts.get("model_curves", ()), candidates),
        _format_importance(facts.get("model_importance", ())),
    ]
    return "\n\n".join(part for part in parts if part)


def _format_head(facts: Mapping[str, Any]) -> str:
    card = facts["card"]
    versions = "  ".join(f"{name} {number}" for name, number in sorted(card["versions"].items()))
    return (
        f"{facts['model_id']} ({facts['role']})\n"
        f"learnt on {card['as_of']} from {card['customers']:,} customers, "
        f"data {card['data_hash']}, seed {card['seed']}\n"
        f"made with {versions}"
    )


def _format_lines(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _list_scores(scores: Mapping[str, Any]) -> list[str]:
    """Return the single figures, the first ones first; lists and tables are in the JSON."""
    first = [name for name in FIRST_SCORES if name in scores]
    return [
        f"{name} {format_figure(scores[name])}"
        for name in (*first, *sorted(set(scores) - set(first)))
        if isinstance(scores[name], int | float)
    ]


def _format_candidates(rows: Rows, verdict: str) -> str:
    columns = {name: name for name in ("purpose", "model", "role")} | {verdict: "verdict"}
    return format_records(columns, [{**row, verdict: row[verdict] or ""} for row in rows])


def _format_metrics(rows: Rows) -> str:
    """Write the metrics of all models over all dates together."""
    names = ("purpose", "model", "metric", "value", "interval")
    pooled = [
        {**row, "interval": format_interval(row["low"], row["high"])}
        for row in rows
        if row["as_of"] is None
    ]
    return format_records({name: name for name in names}, pooled)


def _format_curves(rows: Rows, candidates: Rows) -> str:
    """Write some points of each curve of the champions."""
    champions = {(row["purpose"], row["model"]) for row in candidates if row["role"] == CHAMPION}
    curves: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if (row["purpose"], row["model"]) in champions:
            point = f"{format_figure(row['x'])}: {format_figure(row['y'])}"
            curves.setdefault((row["purpose"], row["model"], row["curve"]), []).append(point)
    lines = [[*key, "; ".join(_thin_out(points))] for key, points in curves.items()]
    return format_table(["purpose", "model", "curve", "points"], lines)


def _thin_out(points: Sequence[str]) -> Sequence[str]:
    """Return a few points, the first and the last among them."""
    last, shown = len(points) - 1, min(len(points), MOST_POINTS)
    return [points[round(i * last / max(shown - 1, 1))] for i in range(shown)]


def _format_importance(rows: Rows) -> str:
    names = ("purpose", "model", "feature", "importance", "direction")
    lines = [
        {**row, "direction": SIGNS.get(row["direction"], "")}
        for row in rows
        if row["position"] <= MOST_FEATURES
    ]
    return format_records({name: name for name in names}, lines)

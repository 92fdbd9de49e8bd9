"""What ``clientela models`` tells a person."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clientela.i18n import Lang
from clientela.report.terminal.grid import figure, grid, interval

MOST_SCORES = 3  # in the list, which has a line a model
TELLING = ("roc_auc", "log_loss", "ece", "bias", "mae")
"""Scores told before the others, which stand in alphabetical order."""
MOST_FEATURES = 15
MOST_POINTS = 6
CHAMPION = "champion"
Rows = Sequence[Mapping[str, Any]]


def format_models(models: Rows) -> str:
    """Write a line a model."""
    if not models:
        return "There are no models; 'clientela run FILE' learns them."
    rows = [
        [
            each["kind"],
            each["model_id"],
            each["role"],
            each["as_of"],
            str(each["customers"]),
            "  ".join(_scores(each["scores"])[:MOST_SCORES]),
        ]
        for each in models
    ]
    return grid(["kind", "model_id", "role", "as_of", "customers", "scores"], rows)


def format_model(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write a model's card, what was found about it, and what it was compared with.

    Parameters
    ----------
    facts : mapping
        What ``clientela models show --json`` prints.
    lang : "en" or "pt_BR"
        Language of the sentences.
    """
    card = facts["card"]
    parts = [
        _head(facts),
        _listed("Features", [f"{each['name']} ({each['dtype']})" for each in card["features"]]),
        _listed("Settings", _pairs(card["parameters"])),
        _listed("Scores", _scores(card["scores"])),
        "\n".join(row[f"text_{lang.lower()}"] or "" for row in facts.get("model_notes", ())),
        _candidates(facts.get("model_candidates", ()), lang),
        _metrics(facts.get("model_metrics", ())),
        _curves(facts.get("model_curves", ()), facts.get("model_candidates", ())),
        _importance(facts.get("model_importance", ())),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(facts: Mapping[str, Any]) -> str:
    card = facts["card"]
    made = "  ".join(f"{name} {number}" for name, number in sorted(card["versions"].items()))
    return "\n".join(
        [
            f"{facts['model_id']} ({facts['role']})",
            f"learnt on {card['as_of']} from {card['customers']:,} customers, "
            f"data {card['data_hash']}, seed {card['seed']}",
            f"made with {made}",
        ]
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {figure(value)}" for name, value in sorted(values.items())]


def _scores(scores: Mapping[str, Any]) -> list[str]:
    """Write the single figures, the telling ones first; lists and tables are in the JSON."""
    names = [*(name for name in TELLING if name in scores), *sorted(set(scores) - set(TELLING))]
    return [
        f"{name} {figure(scores[name])}" for name in names if isinstance(scores[name], int | float)
    ]


def _candidates(rows: Rows, lang: Lang) -> str:
    said = f"verdict_{lang.lower()}"
    listed = [[each["purpose"], each["model"], each["role"], each[said] or ""] for each in rows]
    return grid(["purpose", "model", "role", "verdict"], listed) if listed else ""


def _metrics(rows: Rows) -> str:
    """Write what the champions and the others reached over all dates together."""
    listed = [
        [
            each["purpose"],
            each["model"],
            each["metric"],
            each["value"],
            interval(each["low"], each["high"]),
        ]
        for each in rows
        if each["as_of"] is None
    ]
    return grid(["purpose", "model", "metric", "value", "interval"], listed) if listed else ""


def _curves(rows: Rows, candidates: Rows) -> str:
    """Write some points of each curve of the champions; all are in the JSON and in the report."""
    champions = {
        (each["purpose"], each["model"]) for each in candidates if each["role"] == CHAMPION
    }
    points: dict[tuple[str, ...], list[str]] = {}
    for each in rows:
        if (each["purpose"], each["model"]) in champions:
            point = f"{figure(each['x'])}: {figure(each['y'])}"
            key = (each["purpose"], each["model"], each["curve"])
            points.setdefault(key, []).append(point)
    listed = [[*key, ", ".join(_some(each))] for key, each in points.items()]
    return grid(["purpose", "model", "curve", "points"], listed) if listed else ""


def _some(points: Sequence[str]) -> Sequence[str]:
    """Take a few, the first and the last among them."""
    last, most = len(points) - 1, min(len(points), MOST_POINTS)
    return [points[round(each * last / max(most - 1, 1))] for each in range(most)]


def _importance(rows: Rows) -> str:
    listed = list(_weighty(rows))
    return (
        grid(["purpose", "model", "feature", "importance", "direction"], listed) if listed else ""
    )


def _weighty(rows: Rows) -> Iterator[list[object]]:
    signs = {1: "raises", -1: "lowers", 0: "mixed"}
    for each in rows:
        if each["position"] <= MOST_FEATURES:
            sign = signs.get(each["direction"], "")
            yield [each["purpose"], each["model"], each["feature"], each["importance"], sign]

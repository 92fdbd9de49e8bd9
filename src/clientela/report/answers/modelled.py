"""What the report asks of the tables of models: champions, notes, metrics."""

from collections.abc import Mapping, Sequence
from typing import Any

from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData, parse_json

Rows = list[dict[str, Any]]

SHARES = (
    "bias",
    "top_decile_hit",
    "revenue_captured",
    "coverage",
    "accuracy",
    "precision",
    "recall",
    "base_rate",
    "threshold",
)
AMOUNTS = ("mae", "rmse")
DECIMALS = 3


def facts(material: ReportData, topic: str) -> dict[str, Any]:
    """Give what the run says of a topic beside its tables, and the settings on its model's card."""
    told = material.facts.get(topic)
    given = dict(told) if isinstance(told, Mapping) else {}
    settings = card(material, topic).get("parameters") or {}
    return settings | (given.get("framing") or {}) | given


def card(material: ReportData, kind: str) -> dict[str, Any]:
    """Give the card of the stored model that serves, with its id; empty where there is none."""
    for row in material.rows("models"):
        found = parse_json(row["card"])
        if row["kind"] == kind and row["role"] == "champion" and isinstance(found, dict):
            return found | {"model_id": row["model_id"]}
    return {}


def candidates(material: ReportData, purpose: str) -> Rows:
    """Give the models compared for a purpose, in their order."""
    return _of(material, "model_candidates", purpose)


def champion(material: ReportData, purpose: str) -> str | None:
    """Name the model that serves a purpose."""
    rows = candidates(material, purpose)
    return next((row["model"] for row in rows if row["role"] == "champion"), None)


def notes(material: ReportData, purpose: str) -> Rows:
    """Give the notes on a purpose, in their order; the verdict comes first."""
    return _of(material, "model_notes", purpose)


def texts(rows: Sequence[Mapping[str, Any]], words: Formatter) -> tuple[str, ...]:
    """Give the texts of notes."""
    return tuple(text for row in rows if (text := words.of(row, "text")))


def metrics(material: ReportData, purpose: str, model: str | None) -> Rows:
    """Give a model's metrics over all dates, or on the latest date where none are pooled."""
    rows = [row for row in material.rows("model_metrics") if row["purpose"] == purpose]
    mine = [row for row in rows if row["model"] == model]
    pooled = [row for row in mine if row["as_of"] is None]
    if pooled or not mine:
        return pooled
    latest = max(row["as_of"] for row in mine)
    return [row for row in mine if row["as_of"] == latest]


def metric(material: ReportData, purpose: str, model: str | None, name: str) -> dict[str, Any]:
    """Give one of these metrics, or an empty row."""
    return next((row for row in metrics(material, purpose, model) if row["metric"] == name), {})


def by_date(material: ReportData, purpose: str, model: str | None, name: str) -> dict[Any, float]:
    """Give a metric of a model on each past date."""
    found = {
        row["as_of"]: row["value"]
        for row in material.rows("model_metrics")
        if (row["purpose"], row["model"], row["metric"]) == (purpose, model, name)
        and row["as_of"] is not None
        and row["value"] is not None
    }
    return dict(sorted(found.items()))


def rival(material: ReportData, purpose: str, name: str) -> str | None:
    """Name what the champion is compared with by a metric, else the first naive model."""
    told = metric(material, purpose, champion(material, purpose), name).get("baseline")
    naive = (r["model"] for r in candidates(material, purpose) if r["family"] == "naive")
    return told or next(naive, None)


def written(name: str, value: float | None, words: Formatter) -> str:
    """Write the value of a metric.

    Examples
    --------
    >>> w = Words("pt_BR", "BRL")
    >>> written("bias", -0.041, w), written("roc_auc", 0.7712, w)
    ('-4,1%', '0,771')
    """
    if name in SHARES:
        return words.share(value)
    return words.money(value) if name in AMOUNTS else words.number(value, DECIMALS)


def _of(material: ReportData, table: str, purpose: str) -> Rows:
    rows = [row for row in material.rows(table) if row["purpose"] == purpose]
    return sorted(rows, key=lambda row: row["position"])

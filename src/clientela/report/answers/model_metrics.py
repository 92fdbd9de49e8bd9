"""Metrics of the models compared: intervals, past dates, curves, drivers."""

from collections import Counter, defaultdict
from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Format, Series
from clientela.report.answers.queries import (
    Rows,
    find_champion,
    find_metric,
    format_metric,
    list_candidates,
    list_metrics,
    trace_metric,
)
from clientela.report.formatter import Formatter, TableColumn, capitalize, fold
from clientela.report.report_data import ReportData

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
MOST_LINES = 5  # more cannot be distinguished by colour
MOST_DRIVERS = 10  # bars of the picture
ARROWS = {1: "\N{NORTH EAST ARROW}", -1: "\N{SOUTH EAST ARROW}"}


def list_metrics_of_champion(data: ReportData, purpose: str, fmt: Formatter) -> AnswerTable | None:
    """List the champion's metrics with intervals and the difference from the baseline."""
    champion = find_champion(data, purpose)
    notes = [fmt.say("models.metrics_note")]
    threshold = find_metric(data, purpose, champion, "threshold").get("value")
    if threshold is not None:
        notes.append(fmt.say("models.metrics_threshold", threshold=fmt.share(threshold)))

    def metric(heading: str, name: str) -> TableColumn:
        return (heading, "figure", lambda row: format_metric(row["metric"], row[name], fmt))

    return fmt.table(
        f"metrics_{purpose}",
        fmt.say("models.metrics", purpose=fmt.label("purpose", purpose), model=fmt.model(champion)),
        list_metrics(data, purpose, champion),
        [
            ("models.metric", "text", lambda row: fmt.heading("metric", row["metric"])),
            metric("models.value_of", "value"),
            metric("column.low", "low"),
            metric("column.high", "high"),
            (
                "models.against",
                "text",
                lambda row: fmt.model(row["baseline"]) if row["baseline"] else fmt.number(None),
            ),
            metric("models.difference", "difference"),
            metric("column.low", "difference_low"),
            metric("column.high", "difference_high"),
        ],
        note=" ".join(notes),
    )


def list_models(data: ReportData, purpose: str, fmt: Formatter) -> AnswerTable | None:
    """List the models side by side, one column a metric."""
    metrics = {
        row["model"]: {m["metric"]: m for m in list_metrics(data, purpose, row["model"])}
        for row in list_candidates(data, purpose)
    }
    counts = Counter(name for rows in metrics.values() for name in rows)
    names = [name for name, models in counts.items() if models > 1]
    if len(metrics) < 2 or not names:
        return None

    def column(name: str) -> TableColumn:
        head = AnswerColumn(fmt.heading("metric", name), True)
        return (head, "figure", lambda model: _write_interval(name, metrics[model].get(name), fmt))

    champion = find_champion(data, purpose)
    return fold(
        fmt.table(
            f"matrix_{purpose}",
            fmt.say("models.matrix", purpose=fmt.label("purpose", purpose)),
            list(metrics),
            [
                ("models.model", "text", lambda model: capitalize(fmt.model(model))),
                *(column(name) for name in names),
            ],
            strong=lambda model: model == champion,
        )
    )


def _write_interval(name: str, row: dict[str, Any] | None, fmt: Formatter) -> str:
    row = row or {}
    value, low, high = (
        format_metric(name, row.get(column), fmt) for column in ("value", "low", "high")
    )
    if row.get("low") is None or row.get("high") is None:
        return value
    return fmt.say("page.interval", value=value, low=low, high=high)


def list_dates(data: ReportData, purpose: str, fmt: Formatter) -> AnswerTable | None:
    """List the champion's metrics on each past date."""
    model = find_champion(data, purpose)
    names = dict.fromkeys(row["metric"] for row in list_metrics(data, purpose, model))
    traces = {name: trace_metric(data, purpose, model, name) for name in names}
    values = {name: trace for name, trace in traces.items() if trace}

    def column(name: str) -> TableColumn:
        head = AnswerColumn(fmt.heading("metric", name), True)
        return (head, "figure", lambda day: format_metric(name, values[name].get(day), fmt))

    return fold(
        fmt.table(
            f"dated_{purpose}",
            fmt.say("models.dated", purpose=fmt.label("purpose", purpose)),
            sorted({day for by_date in values.values() for day in by_date}),
            [("backtest.day", "date", lambda day: day), *(column(name) for name in values)],
        )
    )


def draw_curves(data: ReportData, purpose: str, fmt: Formatter) -> tuple[Chart, ...]:
    """Draw the curves there are of a purpose, the champion's before all others."""
    curves: dict[str, dict[str, Rows]] = defaultdict(lambda: defaultdict(list))
    for row in data.rows("model_curves"):
        if row["purpose"] == purpose and row["x"] is not None and row["y"] is not None:
            curve = row["curve"] if purpose == "churn" else f"value_{row['curve']}"
            curves[curve][row["model"]].append(row)
    return tuple(
        _draw_curve(data, purpose, curve, curves[curve], fmt) for curve in CURVES if curve in curves
    )


def _draw_curve(
    data: ReportData, purpose: str, curve: str, points: dict[str, Rows], fmt: Formatter
) -> Chart:
    models = _rank_models(data, purpose, points)
    lines = [_draw_line(points[name], name, rank, fmt) for rank, name in enumerate(models)]
    title = fmt.say(f"curves.{curve}")
    if purpose != "churn":
        title = fmt.say("curves.of", title=title, purpose=fmt.label("purpose", purpose))
    format_x, format_y = CURVES[curve]
    return Chart(
        key=f"{purpose}_{curve.removeprefix('value_')}",
        title=title,
        kind="lines",
        category=Axis(fmt.say(f"curves.{curve}_x"), format_x),
        value=Axis(fmt.say(f"curves.{curve}_y"), format_y),
        series=(*lines, *_draw_reference(data, purpose, curve, points, fmt)),
        floating=curve == "learning",
        note=fmt.say(f"curves.{curve}_note"),
        currency=fmt.currency,
    )


def _rank_models(data: ReportData, purpose: str, points: dict[str, Rows]) -> list[str]:
    """Return the champion first, then the others as they were compared."""
    compared = [row["model"] for row in list_candidates(data, purpose)]
    order = list(dict.fromkeys((find_champion(data, purpose), *compared)))
    ranks = {name: rank for rank, name in enumerate(order)}
    return sorted(points, key=lambda name: (ranks.get(name, len(ranks)), name))[:MOST_LINES]


def _draw_line(rows: Rows, model: str, rank: int, fmt: Formatter) -> Series:
    """Draw a model's line; the champion's alone with its interval, for several would blur."""
    rows = sorted(rows, key=lambda row: row["position"])
    with_ends = rank == 0 and any(row["low"] is not None for row in rows)
    return Series(
        name=capitalize(fmt.model(model)),
        values=tuple((row["x"], row["y"]) for row in rows),
        low=tuple(row["low"] for row in rows) if with_ends else (),
        high=tuple(row["high"] for row in rows) if with_ends else (),
        tone="accent" if rank == 0 else rank,
    )


def _draw_reference(
    data: ReportData, purpose: str, curve: str, points: dict[str, Rows], fmt: Formatter
) -> tuple[Series, ...]:
    """Draw what chance, or perfection, would show."""
    if curve in DIAGONAL:
        largest = max((row["x"] for rows in points.values() for row in rows), default=1.0)
        end = 1.0 if CURVES[curve][0] == "share" else largest
        name = fmt.say("curves.perfect" if curve.endswith("calibration") else "curves.chance")
        return (Series(name, ((0.0, 0.0), (end, end)), tone="quiet"),)
    rate = find_metric(data, purpose, find_champion(data, purpose), "base_rate").get("value")
    if curve != "pr" or rate is None:
        return ()
    return (Series(fmt.say("curves.chance"), ((0.0, rate), (1.0, rate)), tone="quiet"),)


def draw_drivers(data: ReportData, purpose: str, fmt: Formatter, key: str = "") -> Chart | None:
    """Draw the features that weigh most in the champion's answers."""
    champion = find_champion(data, purpose)
    rows = [
        row
        for row in data.sorted_by("model_importance", "position")
        if row["purpose"] == purpose and champion in (None, row["model"])
    ][:MOST_DRIVERS]
    if not rows:
        return None
    feature, share = fmt.feature(rows[0]["feature"]), fmt.share(rows[0]["importance"])
    labels = (f"{fmt.feature(row['feature'])} {ARROWS.get(row['direction'], '')}" for row in rows)
    return fmt.bars(
        key or f"{purpose}_drivers",
        fmt.say("drivers.chart", feature=feature, share=share),
        ((label.strip(), row["importance"]) for label, row in zip(labels, rows, strict=True)),
        ("drivers.axis", "share"),
        "drivers.note",
    )

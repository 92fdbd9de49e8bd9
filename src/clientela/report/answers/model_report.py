"""The model report: one answer a kind of model, for those who look after it."""

import datetime as dt
from typing import Any

from clientela.report.answer import Answer, AnswerTable, Chart, Figure, drop_absent
from clientela.report.answers.model_metrics import (
    draw_curves,
    draw_drivers,
    list_dates,
    list_metrics_of_champion,
    list_models,
)
from clientela.report.answers.queries import (
    find_champion,
    find_metric,
    format_metric,
    list_candidates,
    list_notes,
    localize_notes,
    read_card,
)
from clientela.report.answers.segment_choice import (
    draw_candidates,
    draw_elbow,
    draw_silhouettes,
    explain_choice,
    list_clusterings,
)
from clientela.report.formatter import Formatter, capitalize, fold
from clientela.report.report_data import ReportData, parse_json

JUDGES = {"churn": "roc_auc", "value_mean": "bias", "value_median": "mae"}
HASH_LETTERS = 12  # by convention of git: enough to tell two files apart


def report_churn(data: ReportData, fmt: Formatter) -> Answer:
    """Report on the churn model."""
    return _report(data, fmt, "churn", ("churn",))


def report_value(data: ReportData, fmt: Formatter) -> Answer:
    """Report on the two forecasts of value and the purchase models behind them."""
    return _report(data, fmt, "value", ("value_mean", "value_median"))


def report_segments(data: ReportData, fmt: Formatter) -> Answer:
    """Say which segmentation serves; its comparison stands with the segments."""
    key, question = "model_segments", fmt.say("models.segments")
    row = next((row for row in data.rows("segment_candidates") if row["chosen"]), None)
    if row is None:
        return Answer(key, question, fmt.say("models.none"), part="models")
    silhouette = row["silhouette"]
    return Answer(
        key,
        question,
        fmt.say(
            "models.segments_headline",
            method=fmt.label("algorithm", row["algorithm"]),
            space=fmt.label("space", row["space"]),
            k=fmt.number(row["k"]),
        ),
        paragraphs=drop_absent(explain_choice(data, fmt)),
        value=None
        if silhouette is None
        else Figure(fmt.number(silhouette, 2), fmt.say("models.silhouette"), silhouette),
        charts=drop_absent(
            (draw_silhouettes(data, fmt), draw_elbow(data, fmt), draw_candidates(data, fmt))
        ),
        tables=drop_absent((*list_clusterings(data, fmt), _list_card(data, "segments", fmt))),
        caveat=fmt.say("models.segments_caveat"),
        part="models",
    )


def _report(data: ReportData, fmt: Formatter, topic: str, purposes: tuple[str, ...]) -> Answer:
    key, question = f"model_{topic}", fmt.say(f"models.{topic}")
    notes = [row for purpose in purposes for row in list_notes(data, purpose)]
    served = [purpose for purpose in purposes if find_champion(data, purpose)]
    if not notes and not served:
        return Answer(key, question, fmt.say("models.none"), part="models")
    texts = (fmt.say(f"models.{topic}_data"), *localize_notes(notes, fmt))
    return Answer(
        key,
        question,
        _write_headline(data, served, fmt),
        paragraphs=drop_absent(dict.fromkeys(texts)),
        value=_state_metric(data, served, fmt),
        charts=drop_absent(_draw_charts(data, served, fmt)),
        tables=drop_absent(
            (
                *(table for purpose in served for table in _list_purpose(data, purpose, fmt)),
                _list_purchase_models(data, fmt) if topic == "value" else None,
                _list_card(data, topic, fmt),
            )
        ),
        caveat=fmt.say("models.caveat"),
        part="models",
    )


def _write_headline(data: ReportData, served: list[str], fmt: Formatter) -> str:
    sentences = []
    for purpose in served:
        name, model = JUDGES[purpose], find_champion(data, purpose)
        value = find_metric(data, purpose, model, name).get("value")
        sentences.append(
            fmt.say(
                f"models.serves_{purpose}",
                model=fmt.model(model),
                metric=fmt.label("metric", name),
                value=format_metric(name, value, fmt),
            )
        )
    return " ".join(sentences) or fmt.say("models.none")


def _state_metric(data: ReportData, served: list[str], fmt: Formatter) -> Figure | None:
    for purpose in served:
        name = JUDGES[purpose]
        value = find_metric(data, purpose, find_champion(data, purpose), name).get("value")
        if value is not None:
            return Figure(format_metric(name, value, fmt), fmt.heading("metric", name), value)
    return None


def _draw_charts(data: ReportData, served: list[str], fmt: Formatter) -> list[Chart | None]:
    """Draw the curves, and the drivers of each champion once."""
    first_of = {find_champion(data, purpose): purpose for purpose in reversed(served)}
    return [
        *(chart for purpose in served for chart in draw_curves(data, purpose, fmt)),
        *(
            draw_drivers(data, purpose, fmt, f"model_{purpose}_drivers")
            for purpose in served
            if purpose in first_of.values()
        ),
    ]


def _list_purpose(data: ReportData, purpose: str, fmt: Formatter) -> list[AnswerTable | None]:
    return [
        list_metrics_of_champion(data, purpose, fmt),
        _list_candidates(data, purpose, fmt),
        list_models(data, purpose, fmt),
        list_dates(data, purpose, fmt),
    ]


def _list_candidates(data: ReportData, purpose: str, fmt: Formatter) -> AnswerTable | None:
    """List the candidates of a purpose with their verdicts and settings."""
    return fmt.table(
        f"candidates_{purpose}",
        fmt.say("models.candidates", purpose=fmt.label("purpose", purpose)),
        list_candidates(data, purpose),
        [
            ("models.model", "text", lambda row: capitalize(fmt.model(row["model"]))),
            ("models.family", "text", lambda row: fmt.label("family", row["family"])),
            ("models.role", "text", lambda row: fmt.label("role", row["role"])),
            ("models.trials", "number", "trials"),
            ("column.verdict", "text", lambda row: fmt.localize(row, "verdict")),
            ("models.parameters", "text", lambda row: format_settings(row["parameters"], fmt)),
        ],
        strong=lambda row: row["role"] == "champion",
        note=fmt.say("models.candidates_note"),
    )


def format_settings(settings: Any, fmt: Formatter) -> str:
    """Write a model's settings.

    Examples
    --------
    >>> fmt = Formatter("pt_BR", None)
    >>> format_settings('{"num_leaves": 15, "learning_rate": 0.0512345}', fmt)
    'learning_rate = 0,051; num_leaves = 15'
    """
    values = parse_json(settings)
    pairs = sorted(values.items()) if isinstance(values, dict) else []
    texts = (f"{name} = {_format(value, fmt)}" for name, value in pairs if value is not None)
    return "; ".join(texts) or fmt.number(None)


def _format(value: Any, fmt: Formatter) -> str:
    if isinstance(value, float) and not value.is_integer():
        return fmt.number(value, 3) if abs(value) >= 0.001 else f"{value:.1e}"
    return str(int(value)) if isinstance(value, float) else str(value)


def _list_purchase_models(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List every fit's parameters with their standard errors, and its log-likelihood."""
    rows = data.rows("btyd_fits")
    notes = dict.fromkeys(text for row in rows if (text := fmt.localize(row, "note")))
    return fmt.table(
        "btyd",
        fmt.say("btyd.table"),
        rows,
        [
            ("models.model", "text", lambda row: capitalize(fmt.model(row["model"]))),
            ("btyd.parameter", "text", lambda row: fmt.label("parameter", row["parameter"])),
            ("btyd.value", "decimal3", "value"),
            ("btyd.error", "decimal3", "standard_error"),
            (
                "btyd.identified",
                "text",
                lambda row: fmt.say("btyd.yes" if row["identified"] else "btyd.no"),
            ),
        ],
        strong="chosen",
        note=" ".join((fmt.say("btyd.note"), *notes)),
    )


def _list_card(data: ReportData, kind: str, fmt: Formatter) -> AnswerTable | None:
    """List what the champion's card says: its data, features and packages."""
    card = read_card(data, kind)
    if not card:
        return None
    as_of, features = card.get("as_of"), card.get("features") or ()
    names = [feature["name"] if isinstance(feature, dict) else str(feature) for feature in features]
    lines = {
        "id": card["model_id"],
        "as_of": fmt.date(dt.date.fromisoformat(str(as_of))) if as_of else "",
        "customers": fmt.number(card.get("customers")),
        "data_hash": str(card.get("data_hash") or "")[:HASH_LETTERS],
        "features": "; ".join(fmt.feature(name) for name in names),
        "settings": format_settings(card.get("parameters"), fmt),
        "seed": str(card.get("seed", "")),
        "versions": format_settings(card.get("versions"), fmt),
    }
    return fold(
        fmt.table(
            f"card_{kind}",
            fmt.say("card.table"),
            [(fmt.say(f"card.{name}"), text) for name, text in lines.items() if text],
            [
                ("card.what", "text", lambda line: line[0]),
                ("card.said", "text", lambda line: line[1]),
            ],
            note=fmt.say("card.note"),
        )
    )

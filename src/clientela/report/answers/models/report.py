"""The model report: one answer a kind of model, for those who look after it."""

from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerTable, Chart, Figure
from clientela.report.answers.drivers import drivers
from clientela.report.answers.modelled import champion, metric, notes, texts, written
from clientela.report.answers.models.btyd import btyd_table
from clientela.report.answers.models.card import card_table
from clientela.report.answers.models.compared import candidate_table
from clientela.report.answers.models.curves import curves
from clientela.report.answers.models.measured import dated_table, matrix, metric_table
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

JUDGED = {"churn": "roc_auc", "value_mean": "bias", "value_median": "mae"}
VALUE = ("value_mean", "value_median")


def churn_model(material: ReportData, lang: Lang) -> Answer:
    """Report on the churn model."""
    return _answer(material, make_formatter(material, lang), "churn", ("churn",))


def value_model(material: ReportData, lang: Lang) -> Answer:
    """Report on the two forecasts of value and the purchase models behind them."""
    return _answer(material, make_formatter(material, lang), "value", VALUE)


def segments_model(material: ReportData, lang: Lang) -> Answer:
    """Say which segmentation serves; its comparison stands with the segments."""
    words = make_formatter(material, lang)
    question = words.say("models.segments")
    rows = [row for row in material.rows("segment_candidates") if row["chosen"]]
    if not rows:
        return Answer("model_segments", question, words.say("models.none"), part="models")
    row = rows[0]
    told = {
        "method": words.label("algorithm", row["algorithm"]),
        "space": words.label("space", row["space"]),
        "k": words.number(row["k"]),
    }
    return Answer(
        key="model_segments",
        question=question,
        headline=words.say("models.segments_headline", **told),
        paragraphs=tuple(
            text for text in (words.of(row, "verdict"), words.say("models.segments_told")) if text
        ),
        value=_silhouette(row, words),
        tables=card_table(material, "segments", words),
        caveat=words.say("models.segments_caveat"),
        part="models",
    )


def _silhouette(row: dict[str, Any], words: Formatter) -> Figure | None:
    if row["silhouette"] is None:
        return None
    return Figure(
        words.number(row["silhouette"], 2), words.say("models.silhouette"), row["silhouette"]
    )


def _answer(
    material: ReportData, words: Formatter, topic: str, purposes: tuple[str, ...]
) -> Answer:
    key, question = f"model_{topic}", words.say(f"models.{topic}")
    told = [row for purpose in purposes for row in notes(material, purpose)]
    known = [purpose for purpose in purposes if champion(material, purpose)]
    if not told and not known:
        return Answer(key, question, words.say("models.none"), part="models")
    return Answer(
        key=key,
        question=question,
        headline=_headline(material, known, words),
        paragraphs=tuple(dict.fromkeys((words.say(f"models.{topic}_data"), *texts(told, words)))),
        value=_figure(material, known, words),
        charts=_charts(material, known, words),
        tables=_tables(material, topic, known, words),
        caveat=words.say("models.caveat"),
        part="models",
    )


def _headline(material: ReportData, known: list[str], words: Formatter) -> str:
    if not known:
        return words.say("models.none")
    said = []
    for purpose in known:
        model = champion(material, purpose)
        found = metric(material, purpose, model, JUDGED[purpose])
        told = {
            "model": words.model(model),
            "metric": words.label("metric", JUDGED[purpose]),
        }
        told["value"] = written(JUDGED[purpose], found.get("value"), words)
        said.append(words.say(f"models.serves_{purpose}", **told))
    return " ".join(said)


def _figure(material: ReportData, known: list[str], words: Formatter) -> Figure | None:
    for purpose in known:
        name = JUDGED[purpose]
        value = metric(material, purpose, champion(material, purpose), name).get("value")
        if value is not None:
            return Figure(written(name, value, words), words.headed("metric", name), value)
    return None


def _charts(material: ReportData, known: list[str], words: Formatter) -> tuple[Chart, ...]:
    found = [chart for purpose in known for chart in curves(material, purpose, words)]
    distinct = {champion(material, each): each for each in reversed(known)}
    shown = [each for each in known if each in distinct.values()]
    weights = (drivers(material, each, words, f"model_{each}_drivers") for each in shown)
    return (*found, *(chart for chart in weights if chart))


def _tables(
    material: ReportData, topic: str, known: list[str], words: Formatter
) -> tuple[AnswerTable, ...]:
    parts: list[tuple[AnswerTable, ...]] = []
    for purpose in known:
        parts.append(metric_table(material, purpose, words))
        parts.append(candidate_table(material, purpose, words))
        parts.append(matrix(material, purpose, words))
        parts.append(dated_table(material, purpose, words))
    if topic == "value":
        parts.append(btyd_table(material, words))
    parts.append(card_table(material, topic, words))
    return tuple(table for part in parts for table in part)

"""Notes on a churn model: sentences in both languages."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.churn.fit.season import Level
from clientela.churn.fit.selection import ChampionChoice
from clientela.churn.fit.training_data import ChurnTask
from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.statistics.dates import Difference
from clientela.store.arrow_schemas import arrow_table

LANGUAGES: dict[str, Lang] = {"text_en": "en", "text_pt_br": "pt_BR"}

Say = Callable[[Lang], str]


def build_notes(sentences: Mapping[str, Say]) -> pa.Table:
    """Return ``model_notes``, in the order given, by code."""
    rows: list[dict[str, object]] = [
        {"purpose": "churn", "position": position, "code": code}
        | {column: say(lang) for column, lang in LANGUAGES.items()}
        for position, (code, say) in enumerate(sentences.items(), start=1)
    ]
    return arrow_table("model_notes", rows)


def name_model(name: str, lang: Lang) -> str:
    """Name a candidate as people do."""
    return t(f"churn.model.{name}", lang)


def say_plainly(code: str) -> Say:
    """Return a sentence without figures."""
    return lambda lang: t(f"churn.note.{code}", lang)


def say_opening(choice: ChampionChoice, rival: str, customers: int, folds: int) -> Say:
    """Return whether the champion beats the best simple model, and by how much."""

    def say(lang: Lang) -> str:
        learned = choice.champion != choice.simple
        unit = "folds" if choice.dates is None else "dates"
        counts = {
            "customers": format_number(customers, lang),
            "dates": format_number(folds if choice.dates is None else choice.dates, lang),
        }
        return t(
            f"churn.note.{choice.claim}.{'learned' if learned else 'simple'}",
            lang,
            champion=name_model(choice.champion, lang),
            rival=name_model(rival, lang),
            gain=_write_gain(choice.gain, lang),
            tests=t(f"churn.tests.{unit}", lang, **counts),
            dates=counts["dates"],
        )

    return say


def say_quality(values: Mapping[str, tuple[float, float, float]]) -> Say:
    """Return how well the champion ranks and is calibrated."""

    def say(lang: Lang) -> str:
        figures = {
            name: t("churn.interval", lang, value=figure[0], low=figure[1], high=figure[2])
            for name, figure in _write_figures(values, lang).items()
        }
        return t("churn.note.quality", lang, **figures)

    return say


def say_settings(
    parameters: Mapping[str, Any], model: str, trials: int, models: int, *, certain: bool
) -> Say:
    """Return the champion's settings and how many were tried."""

    def say(lang: Lang) -> str:
        written = json.dumps(
            {name: _round_parameter(value) for name, value in sorted(parameters.items())}
        )
        return t(
            "churn.note.chosen",
            lang,
            model=name_model(model, lang),
            models=format_number(models, lang),
            trials=format_number(trials, lang),
            rule=t(f"churn.rule.{'certain' if certain else 'nearest'}", lang),
            parameters=written.strip("{}").replace('"', "") or "-",
        )

    return say


def say_level(expectation: Level, task: ChurnTask) -> Say:
    """Return which share of leavers is expected, and from what."""

    def say(lang: Lang) -> str:
        values = {
            "expected": format_share(expectation.share, lang),
            "latest": format_share(expectation.latest, lang),
            "day": format_date(task.as_of, lang),
        }
        if expectation.by_orders:
            return t("churn.note.level_orders", lang, **values)
        if expectation.last_year is None or expectation.weight is None:
            return t("churn.note.level_latest", lang, **values)
        before, weight = (
            format_share(expectation.last_year, lang),
            format_share(expectation.weight, lang),
        )
        return t("churn.note.level_season", lang, **values, before=before, weight=weight)

    return say


def say_verdict(code: str, champion: str, gain: Difference) -> dict[str, str]:
    """Return the verdict on a candidate, as the columns of ``model_candidates``.

    A candidate can be ahead of the champion: simple ones stay unless another is surely better.
    """
    if gain.value > 0.0:
        code, gain = f"{code}.ahead", Difference(-gain.value, -gain.high, -gain.low)
    return {
        column: t(
            f"churn.verdict.{code}",
            lang,
            champion=name_model(champion, lang),
            gain=_write_gain(gain, lang),
        )
        for column, lang in (
            ("verdict_en", LANGUAGES["text_en"]),
            ("verdict_pt_br", LANGUAGES["text_pt_br"]),
        )
    }


def _write_gain(gain: Difference, lang: Lang) -> str:
    """Write a difference of log loss as a gain, with its interval where it has one."""
    if np.isnan(gain.high):
        return format_number(-gain.value, lang, 4)
    values = [format_number(-value, lang, 4) for value in (gain.value, gain.high, gain.low)]
    return t("churn.interval", lang, value=values[0], low=values[1], high=values[2])


def _write_figures(
    values: Mapping[str, tuple[float, float, float]], lang: Lang
) -> dict[str, tuple[str, str, str]]:
    return {
        name: (
            format_number(value, lang, 3),
            format_number(low, lang, 3),
            format_number(high, lang, 3),
        )
        for name, (value, low, high) in values.items()
    }


def _round_parameter(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value

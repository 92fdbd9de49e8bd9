"""What is said of a churn model in sentences, in both languages."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from clientela.churn.fit.season import Level
from clientela.churn.fit.selection import ChampionChoice, LossDifference
from clientela.churn.fit.training_data import ChurnTask
from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.store.arrow_schemas import arrow_table

LANGUAGES: dict[str, Lang] = {"text_en": "en", "text_pt_br": "pt_BR"}

Say = Callable[[Lang], str]


def build_notes(said: Mapping[str, Say]) -> pa.Table:
    """Give ``model_notes``, in the order given, by code."""
    rows: list[dict[str, object]] = [
        {"purpose": "churn", "position": position, "code": code}
        | {column: say(lang) for column, lang in LANGUAGES.items()}
        for position, (code, say) in enumerate(said.items(), start=1)
    ]
    return arrow_table("model_notes", rows)


def name_model(name: str, lang: Lang) -> str:
    """Name a candidate as people do."""
    return t(f"churn.model.{name}", lang)


def say_plainly(code: str) -> Say:
    """Say a sentence without figures."""
    return lambda lang: t(f"churn.note.{code}", lang)


def say_opening(choice: ChampionChoice, rival: str, customers: int, dates: int) -> Say:
    """Say first whether the champion beats the best simple model, and by how much."""

    def say(lang: Lang) -> str:
        certain = choice.gain.lower
        learned = choice.champion != choice.simple
        code = "beats" if certain else "beats_not"
        return t(
            f"churn.note.{code}.{'learned' if learned else 'simple'}",
            lang,
            champion=name_model(choice.champion, lang),
            rival=name_model(rival, lang),
            gain=_signed(choice.gain, lang),
            customers=format_number(customers, lang),
            dates=format_number(dates, lang),
        )

    return say


def say_quality(values: Mapping[str, tuple[float, float, float]]) -> Say:
    """Say how well it ranks and how well its probabilities hold."""

    def say(lang: Lang) -> str:
        figures = {
            name: t("churn.interval", lang, value=one[0], low=one[1], high=one[2])
            for name, one in _written(values, lang).items()
        }
        return t("churn.note.quality", lang, **figures)

    return say


def say_settings(parameters: Mapping[str, Any], model: str, trials: int, models: int) -> Say:
    """Say why this model has these settings."""

    def say(lang: Lang) -> str:
        written = json.dumps({name: _short(one) for name, one in sorted(parameters.items())})
        return t(
            "churn.note.chosen",
            lang,
            model=name_model(model, lang),
            models=format_number(models, lang),
            trials=format_number(trials, lang),
            parameters=written.strip("{}").replace('"', "") or "-",
        )

    return say


def say_level(found: Level, framing: ChurnTask) -> Say:
    """Say which share of leavers is expected, and from what."""

    def say(lang: Lang) -> str:
        values = {
            "expected": format_share(found.share, lang),
            "latest": format_share(found.latest, lang),
            "day": format_date(framing.as_of, lang),
        }
        if found.last_year is None or found.weight is None:
            return t("churn.note.level_latest", lang, **values)
        before, weight = format_share(found.last_year, lang), format_share(found.weight, lang)
        return t("churn.note.level_season", lang, **values, before=before, weight=weight)

    return say


def say_verdict(code: str, champion: str, found: LossDifference) -> dict[str, str]:
    """Say the verdict on a candidate, as the columns of ``model_candidates``."""
    return {
        column: t(
            f"churn.verdict.{code}",
            lang,
            champion=name_model(champion, lang),
            gain=_signed(found, lang),
        )
        for column, lang in (
            ("verdict_en", LANGUAGES["text_en"]),
            ("verdict_pt_br", LANGUAGES["text_pt_br"]),
        )
    }


def _signed(found: LossDifference, lang: Lang) -> str:
    """Write a difference of log loss as a gain, with its interval."""
    values = [format_number(-one, lang, 4) for one in (found.value, found.high, found.low)]
    return t("churn.interval", lang, value=values[0], low=values[1], high=values[2])


def _written(
    values: Mapping[str, tuple[float, float, float]], lang: Lang
) -> dict[str, tuple[str, str, str]]:
    return {
        name: (format_number(a, lang, 3), format_number(b, lang, 3), format_number(c, lang, 3))
        for name, (a, b, c) in values.items()
    }


def _short(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value

"""The notes of value's models: what beats what first, then why, from what, and the limits."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clientela.i18n import Lang, format_amount, format_number, format_share, t
from clientela.value.fit.boosting import DEFAULT
from clientela.value.fit.candidates import LEAST_BUYERS, NAIVE
from clientela.value.fit.choice import ModelVerdict
from clientela.value.fit.metrics import ModelSums, compare_metric
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import Tuned

Say = Callable[[Lang], str]


@dataclass(frozen=True)
class Told:
    """What the notes are about.

    Parameters
    ----------
    ground : Ground
        The past.
    tuned : Tuned
        Settings of the boosted models.
    measured : dict of str to Measured
        Of the mean forecasts.
    learnt : bool
        Whether boosted models could be fitted.
    currency : str or None
        Of the amounts.
    """

    ground: TrainingData
    tuned: Tuned
    measured: Mapping[str, ModelSums]
    learnt: bool
    currency: str | None


def write_notes(verdict: ModelVerdict, told: Told) -> list[dict[str, object]]:
    """Give the notes of one purpose, in order."""
    found = _first(verdict, told)
    if verdict.purpose == "value_mean":
        found |= _nearer(verdict, told) | _ranking(verdict, told) | _how(told)
    return [
        {
            "purpose": verdict.purpose,
            "position": at,
            "code": code,
            "text_en": say("en"),
            "text_pt_br": say("pt_BR"),
        }
        for at, (code, say) in enumerate(found.items(), start=1)
    ]


def _first(verdict: ModelVerdict, told: Told) -> dict[str, Say]:
    dates = len(told.ground.dates.judged)
    found: dict[str, Say] = {
        "headline": lambda lang: write_headline(verdict, dates, lang, told.currency)
    }
    if verdict.model in NAIVE:
        found["naive_serves"] = lambda lang: t(
            "value.naive.serves", lang, model=translate_model(verdict.model, lang)
        )
    return found


def _nearer(verdict: ModelVerdict, told: Told) -> dict[str, Say]:
    """Say that a naive total was nearer, and why the model serves all the same."""
    naive = verdict.baseline
    if not verdict.by_order or naive is None:
        return {}
    model, other = told.measured[verdict.model], told.measured[naive]
    values = (model.value("gini"), other.value("gini"), *compare_metric("gini", model, other))
    names = ("value", "other", "difference", "low", "high")
    key = "total" if verdict.naive_is_nearer else "order"
    return {
        "naive_nearer": lambda lang: t(
            f"value.mean.{key}",
            lang,
            model=translate_model(verdict.model, lang),
            naive=translate_model(naive, lang),
            **{name: format_number(one, lang, 3) for name, one in zip(names, values, strict=True)},
        )
    }


def _ranking(verdict: ModelVerdict, told: Told) -> dict[str, Say]:
    model, other = told.measured.get(verdict.model), told.measured.get("past_revenue")
    if model is None or other is None:
        return {}
    values = (
        model.value("revenue_captured"),
        other.value("revenue_captured"),
        *compare_metric("revenue_captured", model, other),
    )
    if not all(map(math.isfinite, values)):
        return {}
    names = ("value", "other", "difference", "low", "high")
    return {
        "ranking": lambda lang: t(
            "value.note.ranking",
            lang,
            **{name: format_share(one, lang) for name, one in zip(names, values, strict=True)},
        )
    }


def _how(told: Told) -> dict[str, Say]:
    ground, settings = told.ground, told.ground.settings
    found: dict[str, Say] = {}
    if ground.stretched:
        found["shorter"] = lambda lang: t(
            "value.fallback.shorter",
            lang,
            days=format_number(settings.horizon_days, lang),
            learnt=format_number(ground.days, lang),
        )
    if ground.dates.judged:
        found["dates"] = lambda lang: _dates(ground, lang)
    total = ground.levels.total(ground.history.as_of)
    if total is not None and not ground.by_rhythm:
        method = max(total.weights, key=lambda name: total.weights[name])
        found["level"] = lambda lang: t(
            "value.note.level", lang, method=t(f"value.part.{method}", lang)
        )
    found |= _trees(told)
    if ground.today[1].rule == "fallback":
        found["no_dropout"] = lambda lang: t("value.note.dropout", lang)
    found["lifetime"] = lambda lang: t(
        "value.note.year",
        lang,
        days=format_number(settings.clv_days, lang),
        rate=format_share(settings.discount_rate, lang),
        horizon=format_number(settings.horizon_days, lang),
    )
    found["limits"] = lambda lang: t("value.note.limits", lang)
    found["next"] = lambda lang: t("value.note.next", lang)
    return found


def _dates(ground: TrainingData, lang: Lang) -> str:
    dates = ground.dates
    counts = {"judged": dates.judged, "tuned": dates.tuned, "conformal": dates.conformal}
    return t(
        "value.note.dates",
        lang,
        **{name: format_number(len(one), lang) for name, one in counts.items()},
    )


def _trees(told: Told) -> dict[str, Say]:
    wanted = {"two_stage", "tweedie"} & set(told.ground.settings.models)
    if not wanted:
        return {}
    if not told.learnt:
        return {
            "few": lambda lang: t("value.note.few", lang, least=format_number(LEAST_BUYERS, lang))
        }
    if not told.tuned.trials:
        return {"untuned": lambda lang: t("value.note.untuned", lang)}
    given = DEFAULT | told.tuned.parameters
    return {
        "settings": lambda lang: t(
            "value.note.settings",
            lang,
            rounds=format_number(given["rounds"], lang),
            leaves=format_number(given["num_leaves"], lang),
            rate=format_number(given["learning_rate"], lang, 3),
            trials=format_number(told.tuned.trials, lang),
        )
    }


def translate_model(name: str, lang: Lang) -> str:
    """Name a model for people."""
    return t(f"value.model.{name}", lang)


def write_verdict(name: str, verdict: ModelVerdict, lang: Lang) -> str:
    """Say in a few words what became of a candidate."""
    if not verdict.measured:
        return t("value.verdict.unmeasured", lang)
    if verdict.by_order and name in (verdict.model, verdict.baseline):
        serves, lends = ("order", "nearer") if not verdict.naive_is_nearer else ("total", "lends")
        return t(f"value.verdict.{serves if name == verdict.model else lends}", lang)
    return t(f"value.verdict.{'serves' if name == verdict.model else 'not_better'}", lang)


def write_headline(verdict: ModelVerdict, dates: int, lang: Lang, currency: str | None) -> str:
    """Say what the chosen model beats and by how much, or that it does not."""
    counted = format_number(dates, lang)
    if verdict.baseline is None:
        return t(f"value.fallback.{'nothing' if dates else 'none'}", lang, dates=counted)
    if verdict.compared is None:
        naive = translate_model(verdict.baseline, lang)
        return t("value.fallback.naive", lang, naive=naive, dates=counted)
    kind = "mean" if verdict.purpose == "value_mean" else "median"
    as_money = kind == "median"

    def told(value: float) -> str:
        if not math.isfinite(value):
            return t("value.unknown", lang)
        return format_amount(value, lang, currency) if as_money else format_share(value, lang)

    return t(
        f"value.{kind}.{'beats' if verdict.beats else 'not'}",
        lang,
        model=translate_model(verdict.compared, lang),
        naive=translate_model(verdict.baseline, lang),
        dates=counted,
        value=told(verdict.value),
        other=told(verdict.naive),
        difference=told(verdict.difference),
        low=told(verdict.low),
        high=told(verdict.high),
    )

"""The notes of value's models: what beats what first, then why, from what, and the limits."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clientela.i18n import Lang, format_number, format_share, t
from clientela.value.fit.boosting import DEFAULT
from clientela.value.fit.candidates import LEAST_BUYERS, NAIVE
from clientela.value.fit.choice import Verdict
from clientela.value.fit.metrics import Measured, difference
from clientela.value.fit.sentences import headline, model_name
from clientela.value.fit.training_data import Ground
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

    ground: Ground
    tuned: Tuned
    measured: Mapping[str, Measured]
    learnt: bool
    currency: str | None


def notes(verdict: Verdict, told: Told) -> list[dict[str, object]]:
    """Give the notes of one purpose, in order."""
    found = _first(verdict, told)
    if verdict.purpose == "value_mean":
        found |= _nearer(verdict, told) | _ranking(verdict, told) | _how(told)
        if verdict.total_of is not None:
            found.pop("level", None)
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


def _first(verdict: Verdict, told: Told) -> dict[str, Say]:
    dates = len(told.ground.dates.judged)
    found: dict[str, Say] = {"headline": lambda lang: headline(verdict, dates, lang, told.currency)}
    if verdict.model in NAIVE:
        found["naive_serves"] = lambda lang: t(
            "value.naive.serves", lang, model=model_name(verdict.model, lang)
        )
    return found


def _nearer(verdict: Verdict, told: Told) -> dict[str, Say]:
    """Say that a naive total was nearer, and why the model serves all the same."""
    naive = verdict.baseline
    if not verdict.by_order or naive is None:
        return {}
    model, other = told.measured[verdict.model], told.measured[naive]
    values = (model.value("gini"), other.value("gini"), *difference("gini", model, other))
    names = ("value", "other", "difference", "low", "high")
    key = "order" if verdict.total_of is None else "total"
    return {
        "naive_nearer": lambda lang: t(
            f"value.mean.{key}",
            lang,
            model=model_name(verdict.model, lang),
            naive=model_name(naive, lang),
            **{name: format_number(one, lang, 3) for name, one in zip(names, values, strict=True)},
        )
    }


def _ranking(verdict: Verdict, told: Told) -> dict[str, Say]:
    model, other = told.measured.get(verdict.model), told.measured.get("past_revenue")
    if model is None or other is None:
        return {}
    values = (
        model.value("revenue_captured"),
        other.value("revenue_captured"),
        *difference("revenue_captured", model, other),
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


def _dates(ground: Ground, lang: Lang) -> str:
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

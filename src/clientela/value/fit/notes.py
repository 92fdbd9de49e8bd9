"""The notes of value's models: what beats what first, then why, from what, and the limits."""

import math
from collections.abc import Callable, Mapping, Sequence

from clientela.i18n import Lang, format_amount, format_number, format_share, t
from clientela.value.fit.boosting import DEFAULT
from clientela.value.fit.candidates import LEAST_BUYERS, NAIVE
from clientela.value.fit.choice import ModelVerdict
from clientela.value.fit.metrics import ModelSums, compare_metric
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import Tuning

Say = Callable[[Lang], str]


def write_notes(
    verdict: ModelVerdict,
    ground: TrainingData,
    *,
    tuning: Tuning,
    measured: Mapping[str, ModelSums],
    is_boosted: bool,
) -> list[dict[str, object]]:
    """Write the notes of one purpose, in order.

    Parameters
    ----------
    verdict : ModelVerdict
        Of the purpose.
    ground : TrainingData
        The past.
    tuning : (dict, int)
        Settings of the boosted models, and how many were tried.
    measured : dict of str to ModelSums
        Of the mean forecasts.
    is_boosted : bool
        Whether boosted models could be fitted.
    """
    notes = _first(verdict, len(ground.dates.judged), ground.currency)
    if verdict.purpose == "value_mean":
        notes |= _nearer(verdict, measured) | _ranking(verdict, measured)
        notes |= _how(ground, tuning, is_boosted)
    return [
        {
            "purpose": verdict.purpose,
            "position": at,
            "code": code,
            "text_en": say("en"),
            "text_pt_br": say("pt_BR"),
        }
        for at, (code, say) in enumerate(notes.items(), start=1)
    ]


def _first(verdict: ModelVerdict, dates: int, currency: str | None) -> dict[str, Say]:
    notes: dict[str, Say] = {
        "headline": lambda lang: write_headline(verdict, dates, lang, currency)
    }
    if verdict.model in NAIVE:
        notes["naive_serves"] = lambda lang: t(
            "value.naive.serves", lang, model=translate_model(verdict.model, lang)
        )
    return notes


def _nearer(verdict: ModelVerdict, measured: Mapping[str, ModelSums]) -> dict[str, Say]:
    """Write that a naive total was nearer, and why the model serves all the same."""
    naive = verdict.baseline
    if not verdict.by_order or naive is None:
        return {}
    model, other = measured[verdict.model], measured[naive]
    values = (model.value("gini"), other.value("gini"), *compare_metric("gini", model, other))
    names = ("value", "other", "difference", "low", "high")
    key = "total" if verdict.naive_is_nearer else "order" if verdict.can_claim else "unclaimed"
    return {
        "naive_nearer": lambda lang: t(
            f"value.mean.{key}",
            lang,
            model=translate_model(verdict.model, lang),
            naive=translate_model(naive, lang),
            **{
                name: format_number(value, lang, 3)
                for name, value in zip(names, values, strict=True)
            },
        )
    }


def _ranking(verdict: ModelVerdict, measured: Mapping[str, ModelSums]) -> dict[str, Say]:
    model, other = measured.get(verdict.model), measured.get("past_revenue")
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
            **{name: format_share(value, lang) for name, value in zip(names, values, strict=True)},
        )
    }


def _how(ground: TrainingData, tuning: Tuning, is_boosted: bool) -> dict[str, Say]:
    settings = ground.settings
    notes: dict[str, Say] = {}
    if ground.lacks_history:
        notes["shorter"] = lambda lang: t(
            "value.fallback.shorter",
            lang,
            days=format_number(settings.horizon_days, lang),
            learnt=format_number(ground.days, lang),
        )
    if ground.dates.judged:
        notes["dates"] = lambda lang: _dates(ground, lang)
    total = ground.levels.total(ground.history.as_of)
    if total is not None and not ground.by_rhythm:
        method = max(total.weights, key=lambda name: total.weights[name])
        notes["level"] = lambda lang: t(
            "value.note.level", lang, method=t(f"value.part.{method}", lang)
        )
        notes["season"] = lambda lang: t(f"value.note.season_{settings.season}", lang)
        if ground.levels.follows_first_peak(ground.history.as_of):
            notes["first_peak"] = lambda lang: t("value.note.first_peak", lang)
    notes |= _trees(settings.models, tuning, is_boosted)
    if ground.today[1].rule == "fallback":
        notes["no_dropout"] = lambda lang: t("value.note.dropout", lang)
    notes["lifetime"] = lambda lang: t(
        "value.note.year",
        lang,
        days=format_number(settings.clv_days, lang),
        rate=format_share(settings.discount_rate, lang),
        horizon=format_number(settings.horizon_days, lang),
    )
    notes["limits"] = lambda lang: t("value.note.limits", lang)
    notes["next"] = lambda lang: t("value.note.next", lang)
    return notes


def _dates(ground: TrainingData, lang: Lang) -> str:
    dates = ground.dates
    counts = {"judged": dates.judged, "tuned": dates.tuned, "conformal": dates.conformal}
    return t(
        "value.note.dates",
        lang,
        **{name: format_number(len(outcome), lang) for name, outcome in counts.items()},
    )


def _trees(models: Sequence[str], tuning: Tuning, is_boosted: bool) -> dict[str, Say]:
    wanted = {"two_stage", "tweedie"} & set(models)
    if not wanted:
        return {}
    if not is_boosted:
        return {
            "few": lambda lang: t("value.note.few", lang, least=format_number(LEAST_BUYERS, lang))
        }
    if not tuning[1]:
        return {"untuned": lambda lang: t("value.note.untuned", lang)}
    parameters = DEFAULT | tuning[0]
    return {
        "settings": lambda lang: t(
            "value.note.settings",
            lang,
            rounds=format_number(parameters["rounds"], lang),
            leaves=format_number(parameters["num_leaves"], lang),
            rate=format_number(parameters["learning_rate"], lang, 3),
            trials=format_number(tuning[1], lang),
        )
    }


def translate_model(name: str, lang: Lang) -> str:
    """Name a model for people."""
    return t(f"value.model.{name}", lang)


def write_verdict(name: str, verdict: ModelVerdict, lang: Lang) -> str:
    """Describe in a few words what became of a candidate."""
    if not verdict.has_past_dates:
        return t("value.verdict.unmeasured", lang)
    if not verdict.can_claim:
        return t(f"value.verdict.{'unclaimed' if name == verdict.model else 'beside'}", lang)
    if verdict.by_order and name in (verdict.model, verdict.baseline):
        serves, lends = ("order", "nearer") if not verdict.naive_is_nearer else ("total", "lends")
        return t(f"value.verdict.{serves if name == verdict.model else lends}", lang)
    return t(f"value.verdict.{'serves' if name == verdict.model else 'not_better'}", lang)


def write_headline(verdict: ModelVerdict, dates: int, lang: Lang, currency: str | None) -> str:
    """Describe what the chosen model beats and by how much, or that it does not."""
    counted = format_number(dates, lang)
    if verdict.baseline is None:
        return t(f"value.fallback.{'nothing' if dates else 'none'}", lang, dates=counted)
    if verdict.compared is None:
        naive = translate_model(verdict.baseline, lang)
        return t("value.fallback.naive", lang, naive=naive, dates=counted)
    kind = "mean" if verdict.purpose == "value_mean" else "median"
    as_money = kind == "median"
    state = ("beats" if verdict.beats else "not") if verdict.can_claim else "few"

    def context(value: float) -> str:
        if not math.isfinite(value):
            return t("value.unknown", lang)
        return format_amount(value, lang, currency) if as_money else format_share(value, lang)

    return t(
        f"value.{kind}.{state}",
        lang,
        model=translate_model(verdict.compared, lang),
        naive=translate_model(verdict.baseline, lang),
        dates=counted,
        value=context(verdict.value),
        other=context(verdict.naive),
        difference=context(verdict.difference),
        low=context(verdict.low),
        high=context(verdict.high),
    )

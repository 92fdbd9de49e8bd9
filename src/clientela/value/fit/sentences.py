"""Sentences about forecasts of value, in both languages."""

import math

from clientela.i18n import Lang, format_amount, format_number, format_share, t
from clientela.value.fit.choice import Verdict
from clientela.value.fit.whole_base import GroupForecast


def model_name(name: str, lang: Lang) -> str:
    """Name a model for people."""
    return t(f"value.model.{name}", lang)


def verdict_sentence(name: str, verdict: Verdict, lang: Lang) -> str:
    """Say in a few words what became of a candidate."""
    if not verdict.measured:
        return t("value.verdict.unmeasured", lang)
    if verdict.by_order and name in (verdict.model, verdict.baseline):
        serves, lends = ("order", "nearer") if verdict.total_of is None else ("total", "lends")
        return t(f"value.verdict.{serves if name == verdict.model else lends}", lang)
    return t(f"value.verdict.{'serves' if name == verdict.model else 'not_better'}", lang)


def headline(verdict: Verdict, dates: int, lang: Lang, currency: str | None) -> str:
    """Say what the chosen model beats and by how much, or that it does not."""
    counted = format_number(dates, lang)
    if verdict.baseline is None:
        return t(f"value.fallback.{'nothing' if dates else 'none'}", lang, dates=counted)
    if verdict.compared is None:
        naive = model_name(verdict.baseline, lang)
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
        model=model_name(verdict.compared, lang),
        naive=model_name(verdict.baseline, lang),
        dates=counted,
        value=told(verdict.value),
        other=told(verdict.naive),
        difference=told(verdict.difference),
        low=told(verdict.low),
        high=told(verdict.high),
    )


def group_sentence(one: GroupForecast, lang: Lang, currency: str | None) -> str:
    """Tell a group's forecast and how far such forecasts were out."""
    group, days = t(f"value.group.{one.group}", lang), format_number(one.days, lang)
    if one.expected is None:
        return t("value.group.none", lang, group=group, days=days)
    expected = format_amount(one.expected, lang, currency)
    said = t("value.group.told", lang, group=group, days=days, expected=expected)
    return f"{said} {_bounds(one, lang, currency)}"


def _bounds(one: GroupForecast, lang: Lang, currency: str | None) -> str:
    if one.low is None or one.high is None:
        return t("value.group.unmeasured", lang)
    values = {
        "low": format_amount(one.low, lang, currency),
        "high": format_amount(one.high, lang, currency),
        "dates": format_number(one.dates, lang),
    }
    if one.level is None:
        return t("value.group.range", lang, error=format_share(one.error or 0.0, lang), **values)
    held = format_number(one.hits or 0, lang)
    return t("value.group.interval", lang, level=format_share(one.level, lang), hits=held, **values)

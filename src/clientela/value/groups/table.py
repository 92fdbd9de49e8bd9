"""The table of expected revenue: members, the rest and everyone, over some horizons."""

import datetime as dt
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.config import Programme
from clientela.features.daily_revenue import YEAR_DAYS, Members, Takings
from clientela.value.groups.adding_up import adding_up
from clientela.value.groups.baseline import Forecaster, LastPeriod, Seasonal, YearShare
from clientela.value.groups.group import Choose
from clientela.value.groups.interval import LEAST_DATES, band, hits
from clientela.value.groups.past_forecasts import STEP_DAYS, Group, Known, Past, past_forecasts
from clientela.value.groups.sentences import Forecast, sentence

MONTH_DAYS = 30
MONTHS = (1, 3, 6)
PARTS, WHOLE = ("members", "rest"), "everyone"
WITH_SEASON: tuple[Forecaster, ...] = (Seasonal(), YearShare())
LAST_PERIOD: Forecaster = LastPeriod()

FORECAST = pa.schema(
    [
        ("customer_group", pa.string()),
        ("months", pa.int64()),
        ("expected", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("level", pa.float64()),
        ("method", pa.string()),
        ("hits", pa.int64()),
        ("dates", pa.int64()),
        ("bias", pa.float64()),
        ("measurable", pa.bool_()),
        ("sentence_en", pa.string()),
        ("sentence_pt_br", pa.string()),
    ]
)
"""Columns of ``programme_forecast``."""


def forecast(
    takings: Takings,
    members: Choose,
    settings: Programme,
    currency: str | None,
    learnt_then: Choose | None = None,
    forecasters: Sequence[Forecaster] = WITH_SEASON,
) -> pa.Table:
    """Say what members, the rest and everyone will bring, and how far such forecasts went wrong.

    Parameters
    ----------
    takings : Takings
        What each customer brought on each day.
    members : callable
        Gives the ids of the members of a day; asked about ``takings.as_of`` and past days,
        where today's rules may have chosen; KeyError where there were none yet.
    settings : Programme
        The programme's name.
    currency : str or None
        ISO 4217 code of the amounts.
    learnt_then : callable, optional
        Gives the ids of the members by rules that knew nothing later; KeyError on other days.
        Without four of its days that suit a horizon, no level is claimed for members and rest.
    forecasters : sequence of Forecaster
        Those with a season, compared on past days; the last period is always beside them.

    Returns
    -------
    pa.Table
        Of :data:`FORECAST`, a row a group and horizon. ``bias`` is all past forecasts over all
        outcomes, less 1; ``level`` is null where the history is too short to claim one, tells no
        season or is known by hindsight only; then ``low`` and ``high`` are the range of past
        errors, null below two. Members and rest add up to everyone where they claim no level.
    """
    groups = _groups(takings, members, learnt_then)
    found = {
        (name, months): forecast_group(takings, name, group, months, forecasters)
        for name, group in groups.items()
        for months in MONTHS
    }
    for months in MONTHS:
        parts = [found[name, months] for name in PARTS]
        scaled = adding_up(parts, found[WHOLE, months])
        found |= {(one.group, months): one for one in scaled}
    rows = [_row(one, settings.name, currency) for one in found.values()]
    return pa.Table.from_pylist(rows, FORECAST)


def forecast_group(
    takings: Takings,
    name: str,
    group: Known,
    months: int,
    forecasters: Sequence[Forecaster] = WITH_SEASON,
) -> Forecast:
    """Forecast one group over one horizon with the best forecaster that its history allows."""
    days, now = months * MONTH_DAYS, group.simulated(takings.as_of)
    used = chosen(takings, group, days, forecasters)
    value = used.expected(takings, now, takings.as_of, days)
    told = Forecast(
        group=name,
        months=months,
        days=days,
        expected=value,
        method=used.name,
        hindsight=group.hindsight,
    )
    if value is None or value <= 0 or not now.any():
        return replace(told, expected=value if now.any() else 0.0)
    told = _with_errors(told, takings, group, used)
    return told if used is LAST_PERIOD else _with_naive(told, takings, group)


def chosen(
    takings: Takings, group: Known, days: int, forecasters: Sequence[Forecaster] = WITH_SEASON
) -> Forecaster:
    """Take, of those with a season whose errors are known best, the one least out, else the last.

    The last is the last period once more; without a year of history no season is known, and it is
    taken whatever others tell. Errors are compared on the days that all of them tell.
    """
    if not takings.reaches(takings.as_of - dt.timedelta(days=YEAR_DAYS)):
        return LAST_PERIOD
    now = group.simulated(takings.as_of)
    able = [one for one in forecasters if one.expected(takings, now, takings.as_of, days)]
    known = [_evidence(takings, group, one, days) for one in able]
    best = [one for one, rank in zip(able, known, strict=True) if rank == max(known)]
    if len(best) < 2 or not max(known):
        return best[0] if best else LAST_PERIOD
    out = _out(takings, group, best, days)
    return best[out.index(min(out))]


def _evidence(takings: Takings, group: Known, used: Forecaster, days: int) -> int:
    """Give 2 where past errors can claim a level, 1 where they have a range, 0 without any."""
    if len(past_forecasts(takings, group.learnt_then, used, days, days)) >= LEAST_DATES:
        return 2
    return int(len(past_forecasts(takings, group.simulated, used, days, STEP_DAYS)) > 1)


def _out(takings: Takings, group: Known, rivals: Sequence[Forecaster], days: int) -> list[float]:
    """Give by how much each was out on average, as a share of what came."""
    told = [
        {one.day: one for one in past_forecasts(takings, group.simulated, each, days, STEP_DAYS)}
        for each in rivals
    ]
    common = set.intersection(*(set(each) for each in told))
    return [_error([each[day] for day in sorted(common)]) or 0.0 for each in told]


def _with_errors(told: Forecast, takings: Takings, group: Known, used: Forecaster) -> Forecast:
    """Add the interval; neither without a season nor by hindsight is a level claimed."""
    value = told.expected or 0.0
    apart = past_forecasts(takings, group.learnt_then, used, told.days, told.days)
    ratios = [one.ratio for one in apart]
    if used is not LAST_PERIOD and len(apart) >= LEAST_DATES and min(ratios) > 0:
        made = band(ratios)
        return replace(
            told,
            low=value * made.low,
            high=value * made.high,
            level=made.level,
            hits=hits(ratios),
            dates=len(apart),
            bias=_bias(apart),
            error=_error(apart),
        )
    every = past_forecasts(takings, group.simulated, used, told.days, STEP_DAYS)
    factor = one_sided([one.ratio for one in every])
    every = [replace(one, forecast=one.forecast * factor) for one in every]
    ratios, value = [one.ratio for one in every], value * factor
    return replace(
        told,
        expected=value,
        low=value * min(ratios) if len(ratios) > 1 else None,
        high=value * max(ratios) if len(ratios) > 1 else None,
        dates=len(every),
        bias=_bias(every),
        error=_error(every),
    )


def one_sided(ratios: Sequence[float]) -> float:
    """Give what corrects a baseline that erred to the same side on every past date, else 1.

    A group that mostly brought nothing corrects nothing: a forecast of nothing has no errors.

    Examples
    --------
    >>> one_sided([0.2, 0.5, 0.4]), one_sided([0.8, 1.3]), one_sided([0.5]), one_sided([0, 0, 0.5])
    (0.4, 1.0, 1.0, 1.0)
    """
    if len(ratios) < 2 or min(ratios) <= 1 <= max(ratios):
        return 1.0
    return statistics.median(ratios) or 1.0


def _with_naive(told: Forecast, takings: Takings, group: Known) -> Forecast:
    """Set the last period beside it, once more as it was."""
    now = group.simulated(takings.as_of)
    past = past_forecasts(takings, group.simulated, LAST_PERIOD, told.days, STEP_DAYS)
    return replace(
        told,
        naive=LAST_PERIOD.expected(takings, now, takings.as_of, told.days),
        naive_error=_error(past),
        naive_dates=len(past),
    )


def _groups(takings: Takings, members: Choose, then: Choose | None) -> Mapping[str, Known]:
    inside = _members(takings, members)
    learnt = _members(takings, _nobody if then is None else then)
    known = takings.known
    return {
        "members": Known(inside, learnt),
        "rest": Known(_rest(takings, inside), _rest(takings, learnt)),
        "everyone": Known(known, known),
    }


def _members(takings: Takings, choose: Choose) -> Group:
    @cache
    def chosen(day: dt.date) -> Members:
        try:
            ids = choose(day)
        except KeyError:  # the programme did not exist yet
            return np.zeros(len(takings.ids), dtype=np.bool_)
        return takings.members(pa.array(sorted(ids), pa.string())) & takings.known(day)

    return chosen


def _rest(takings: Takings, members: Group) -> Group:
    def rest(day: dt.date) -> Members:
        inside = members(day)
        others: Members = takings.known(day) & ~inside & inside.any()
        return others

    return rest


def _nobody(day: dt.date) -> Sequence[str]:
    raise KeyError(day)


def _bias(past: Sequence[Past]) -> float | None:
    came = math.fsum(one.outcome for one in past)
    return math.fsum(one.forecast for one in past) / came - 1 if came > 0 else None


def _error(past: Sequence[Past]) -> float | None:
    off = [abs(one.forecast / one.outcome - 1) for one in past if one.outcome > 0]
    return math.fsum(off) / len(off) if off else None


def _row(one: Forecast, programme: str, currency: str | None) -> dict[str, Any]:
    return {
        "customer_group": one.group,
        **{name: getattr(one, name) for name in FORECAST.names if hasattr(one, name)},
        "sentence_en": sentence(one, programme, "en", currency),
        "sentence_pt_br": sentence(one, programme, "pt_BR", currency),
    }

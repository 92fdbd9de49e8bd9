"""The table of expected revenue: members, the rest and everyone, over some horizons."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.config import Programme
from clientela.decisions.forecast.baseline import Forecaster, LastPeriod, Seasonal
from clientela.decisions.forecast.interval import LEAST_DATES, band, hits
from clientela.decisions.forecast.past import STEP_DAYS, Group, Past, past_forecasts
from clientela.decisions.forecast.words import Forecast, sentence
from clientela.decisions.groups import Choose
from clientela.features.takings import Members, Takings

MONTH_DAYS = 30
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
    months: Sequence[int] = (1, 3, 6),
) -> pa.Table:
    """Say what members, the rest and everyone will bring, and how far such forecasts went wrong.

    Parameters
    ----------
    takings : Takings
        What each customer brought on each day.
    members : callable
        Gives the ids of the members as chosen on a day; asked about ``takings.as_of`` and
        past days; KeyError where there were none yet.
    settings : Programme
        The programme's name.
    currency : str or None
        ISO 4217 code of the amounts.
    months : sequence of int
        Horizons, in months of 30 days.

    Returns
    -------
    pa.Table
        Of :data:`FORECAST`, a row a group and horizon. ``bias`` is all past forecasts over all
        outcomes, less 1; ``level`` is null where the history is too short to claim one, and then
        ``low`` and ``high`` are the range of past errors.
    """
    groups = _groups(takings, members)
    found = [
        forecast_group(takings, name, group, horizon)
        for name, group in groups.items()
        for horizon in months
    ]
    return pa.Table.from_pylist([_row(one, settings.name, currency) for one in found], FORECAST)


def forecast_group(takings: Takings, name: str, group: Group, months: int) -> Forecast:
    """Forecast one group over one horizon with the best baseline that its history allows."""
    days = months * MONTH_DAYS
    now = group(takings.as_of)
    forecasters: tuple[Forecaster, ...] = (Seasonal(), LastPeriod())
    expected = ((one, one.expected(takings, now, takings.as_of, days)) for one in forecasters)
    used, value = next((pair for pair in expected if pair[1] is not None), (forecasters[-1], None))
    told = Forecast(group=name, months=months, days=days, expected=value, method=used.name)
    if value is None or value <= 0 or not now.any():
        return replace(told, expected=value if now.any() else 0.0)
    return _with_errors(told, takings, group, used)


def _with_errors(told: Forecast, takings: Takings, group: Group, used: Forecaster) -> Forecast:
    value = told.expected or 0.0
    apart = past_forecasts(takings, group, used, told.days, told.days)
    if len(apart) >= LEAST_DATES and min(one.outcome for one in apart) > 0:
        made = band([one.ratio for one in apart])
        return replace(
            told,
            low=value * made.low,
            high=value * made.high,
            level=made.level,
            hits=hits([one.ratio for one in apart]),
            dates=len(apart),
            bias=_bias(apart),
            error=_error(apart),
            naive_error=_naive_error(takings, group, used, told.days),
        )
    every = past_forecasts(takings, group, used, told.days, STEP_DAYS)
    ratios = [one.ratio for one in every]
    return replace(
        told,
        low=value * min(ratios) if len(ratios) > 1 else None,
        high=value * max(ratios) if len(ratios) > 1 else None,
        dates=len(every),
        bias=_bias(every),
    )


def _groups(takings: Takings, members: Choose) -> Mapping[str, Group]:
    @cache
    def chosen(day: dt.date) -> Members:
        try:
            ids = members(day)
        except KeyError:  # the programme did not exist yet
            return np.zeros(len(takings.ids), dtype=np.bool_)
        return takings.members(pa.array(sorted(ids), pa.string())) & takings.known(day)

    def rest(day: dt.date) -> Members:
        inside = chosen(day)
        others: Members = takings.known(day) & ~inside & inside.any()
        return others

    return {"members": chosen, "rest": rest, "everyone": takings.known}


def _bias(past: Sequence[Past]) -> float | None:
    came = math.fsum(one.outcome for one in past)
    return math.fsum(one.forecast for one in past) / came - 1 if came > 0 else None


def _error(past: Sequence[Past]) -> float:
    return math.fsum(abs(one.forecast / one.outcome - 1) for one in past) / len(past)


def _naive_error(takings: Takings, group: Group, used: Forecaster, days: int) -> float | None:
    if used.name == LastPeriod.name:
        return None
    past = past_forecasts(takings, group, LastPeriod(), days, days)
    known = [one for one in past if one.outcome > 0]
    return _error(known) if known else None


def _row(one: Forecast, programme: str, currency: str | None) -> dict[str, Any]:
    return {
        "customer_group": one.group,
        **{name: getattr(one, name) for name in FORECAST.names if hasattr(one, name)},
        "sentence_en": sentence(one, programme, "en", currency),
        "sentence_pt_br": sentence(one, programme, "pt_BR", currency),
    }

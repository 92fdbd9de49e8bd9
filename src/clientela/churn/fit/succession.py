"""A stored churn model beside one learnt anew, judged on dates that came after the stored one."""

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from clientela.churn.fit.noncontractual import label_active, learn_noncontractual
from clientela.churn.score.model import ChurnModel
from clientela.config.churn import Churn
from clientela.config.value import Season
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.bootstrap import interval, resample_sums
from clientela.statistics.calibration import compute_log_losses
from clientela.statistics.dates import LEAST_DATES, Difference, compare_dates


class LaterComparison(NamedTuple):
    """Log loss of a challenger less that of the champion, on dates after the champion.

    Parameters
    ----------
    dates : tuple of date
        Dates whose horizons share no day, the latest first.
    horizon_days : int
        Days ahead that were judged.
    rows : int
        Customers asked about, over all dates.
    by_date : Difference
        Mean over the dates, in nats, with its interval over dates.
    low, high : float
        Interval over customers, on the dates as they were.
    """

    dates: tuple[dt.date, ...]
    horizon_days: int
    rows: int
    by_date: Difference
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """Whether the challenger is better beyond both intervals."""
        return self.by_date.lower and self.high < 0.0


def pin_question(champion: ChurnModel, settings: Churn) -> Churn:
    """Return the settings that ask a challenger the champion's own question."""
    parameters = champion.card.parameters
    return msgspec.structs.replace(
        settings,
        horizon_days=int(parameters["horizon_days"]),
        active_days=int(parameters["gone_after_days"]),
    )


def compare_later(
    champion: ChurnModel, history: History, settings: Churn, season: Season
) -> LaterComparison | None:
    """Judge the champion as it stands, and challengers each learnt as of the date it is judged on.

    Parameters
    ----------
    settings : Churn
        Of :func:`pin_question`.

    Returns
    -------
    LaterComparison or None
        None where fewer than four dates after the champion share no day: not measurable.
    """
    horizon, active = settings.horizon_days or 0, settings.active_days or 0
    days = [day for day in history.dates(horizon, horizon, active) if day >= champion.card.as_of]
    if len(days) < LEAST_DATES:
        return None
    gains: dict[dt.date, Doubles] = {}
    ids: list[str] = []
    for day in days:
        challenger = learn_noncontractual(replace(history, as_of=day), settings, season=season)
        if challenger.model is None:
            continue
        labels = label_active(history.sample, day, horizon, active)
        left = labels.left.astype(np.float64)
        before, after = (
            compute_log_losses(doubles(model.score(labels.table), "churn_probability"), left)
            for model in (champion, challenger.model)
        )
        gains[day] = after - before
        ids += labels.table[KEY].to_pylist()
    if len(gains) < LEAST_DATES:
        return None
    pooled = np.concatenate(list(gains.values()))
    owners = np.unique(ids, return_inverse=True)[1]
    parts = [np.bincount(owners, pooled), np.bincount(owners)]
    sums = np.column_stack(parts).astype(np.float64)
    draws = resample_sums(sums, settings.resamples, settings.seed)
    return LaterComparison(
        tuple(gains),
        horizon,
        len(pooled),
        compare_dates(np.array([gain.mean() for gain in gains.values()])),
        *interval(draws[:, 0] / draws[:, 1]),
    )

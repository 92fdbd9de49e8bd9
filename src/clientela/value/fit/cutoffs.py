"""The past dates of value: which are learnt from, tuned on, chosen by, and made intervals of."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from clientela.features.history import History

STEP_DAYS = 30
LEAST_DAYS = 60  # of history behind a date
LEAST_LEARNT = 2  # dates behind a learnt model
MOST_CUTOFFS = 8


@dataclass(frozen=True)
class CutoffDates:
    """Past dates, the latest first.

    Parameters
    ----------
    horizon_days : int
        Days after each that are over.
    labelled : tuple of datetime.date
        All that can be learnt from.
    tuned : tuple of datetime.date
        On which settings of the boosted models are tried; the earliest cut-off.
    judged : tuple of datetime.date
        On which the models that would have been learnt by then are compared.
    conformal : tuple of datetime.date
        On which intervals are made of the chosen model's errors.
    """

    horizon_days: int
    labelled: tuple[dt.date, ...]
    tuned: tuple[dt.date, ...]
    judged: tuple[dt.date, ...]
    conformal: tuple[dt.date, ...]

    @property
    def cutoffs(self) -> tuple[dt.date, ...]:
        """All dates on which models were learnt as if they were today."""
        return (*self.conformal, *self.judged, *self.tuned)

    def learnt_by(self, day: dt.date) -> tuple[dt.date, ...]:
        """Give the dates whose outcome was known on a day."""
        horizon = dt.timedelta(days=self.horizon_days)
        return tuple(date for date in self.labelled if date + horizon <= day)


def assign_cutoffs(history: History, horizon_days: int, most: int) -> CutoffDates:
    """Lay out the dates of a history, a month apart, and give each one role.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days ahead that are forecast.
    most : int
        Most dates taken.
    """
    labelled = tuple(history.dates(horizon_days, STEP_DAYS, LEAST_DAYS)[:most])
    dates = CutoffDates(horizon_days, labelled, (), (), ())
    able = [day for day in labelled if len(dates.learnt_by(day)) >= LEAST_LEARNT]
    conformal, judged, tuned = _roles(_spread(able))
    return CutoffDates(horizon_days, labelled, tuned, judged, conformal)


def _roles(
    able: Sequence[dt.date],
) -> tuple[tuple[dt.date, ...], tuple[dt.date, ...], tuple[dt.date, ...]]:
    """Deal the cut-offs, the latest first: every second one for intervals, the last to tune on."""
    if len(able) < 3:
        return tuple(able[1:]), tuple(able[:1]), ()
    rest, tuned = able[:-1], able[-1:]
    return tuple(rest[1::2]), tuple(rest[0::2]), tuple(tuned)


def _spread(able: Sequence[dt.date]) -> list[dt.date]:
    """Take at most :data:`MOST_CUTOFFS`, evenly, the latest and the earliest among them."""
    if len(able) <= MOST_CUTOFFS:
        return list(able)
    last = len(able) - 1
    return [able[round(at * last / (MOST_CUTOFFS - 1))] for at in range(MOST_CUTOFFS)]

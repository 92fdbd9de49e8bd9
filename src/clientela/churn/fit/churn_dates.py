"""Churn dates: stated by the firm, or derived from activity where a flag has none."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.leakage import find_leaking_attributes
from clientela.churn.fit.training_data import Flags
from clientela.features.activity import last_activity
from clientela.features.customers import People, read_people
from clientela.features.history import History
from clientela.features.snapshot import KEY

Days = npt.NDArray[np.datetime64]
NEVER = np.datetime64("NaT", "D")
# Typical gap where no customer bought twice: a month, by convention.
DEFAULT_GAP_DAYS = 30.0


@dataclass(frozen=True, eq=False)
class ChurnDates:
    """The customers' contracts: who left, and on which day as far as anybody can say.

    Parameters
    ----------
    people : People
        The customers and their attributes.
    stated : array of datetime64[D], shape (customers,)
        The churn date where the firm states it, else NaT.
    last_seen : array of datetime64[D], shape (customers,)
        Last day of purchase of those who left without a date, else NaT.
    gap_days : float
        The firm's own typical gap: the median over customers of the mean days between purchases.
    last_day : datetime.date
        The last day of the tables, by which everybody flagged has left.
    telltale : dict
        Attributes left out because they say almost alone who left, with their AUC.
    """

    people: People
    stated: Days
    last_seen: Days
    gap_days: float
    last_day: dt.date
    telltale: dict[str, float]

    @property
    def derived(self) -> Flags:
        """Flags of those who left without a stated date."""
        return np.asarray(~np.isnat(self.last_seen))

    def typical_days(self, horizon_days: int) -> int:
        """Days from the last purchase to the exit, as long as both fall into the horizon.

        For purchases at a rate of one a gap and an exit anywhere in the horizon, it is
        g (1 - exp(-horizon / g)) on average.
        """
        gap = self.gap_days
        return max(int(np.rint(gap * (1.0 - np.exp(-horizon_days / gap)))), 1)

    def find_exits(self, ids: pa.ChunkedArray, horizon_days: int) -> Days:
        """Return the day of exit of some customers, NaT for those who stay.

        Parameters
        ----------
        ids : pa.ChunkedArray
            Customer ids.
        horizon_days : int
            Days ahead that are asked about.
        """
        end = np.datetime64(self.last_day, "D")
        typical = np.timedelta64(self.typical_days(horizon_days), "D")
        derived = np.minimum(self.last_seen + typical, end)
        return self._of(np.where(self.derived, derived, self.stated), ids)

    def _of(self, values: Days, ids: pa.ChunkedArray) -> Days:
        positions = pc.fill_null(pc.index_in(ids, value_set=self.people.table[KEY]), -1)
        rows = positions.to_numpy(zero_copy_only=False)
        return np.asarray(np.append(values, NEVER)[rows])


def load_churn_dates(history: History) -> ChurnDates:
    """Read who left when."""
    people = read_people(history)
    table = people.table
    stated = _days(table["churned_at"])
    flagged = _flags(table["churned"]) & np.isnat(stated)
    last_seen, gap, last_day = np.full(len(stated), NEVER), DEFAULT_GAP_DAYS, history.as_of
    if flagged.any():
        activity = last_activity(history)
        last_seen = np.where(flagged, _pick_last_days(activity, table[KEY]), NEVER)
        gap = _typical(activity)
        last_day = max(pc.max(activity["last_day"]).as_py() or last_day, last_day)
    leaks = _find_leaks(people, flagged | ~np.isnat(stated))
    return ChurnDates(people.without(leaks), stated, last_seen, gap, last_day, leaks)


def _find_leaks(people: People, left: Flags) -> dict[str, float]:
    """Find what was written afterwards among attributes that nobody dates."""
    names = people.attributes.column_names if people.lacks_dates else []
    return find_leaking_attributes(people.attributes, left, names)


def _pick_last_days(activity: pa.Table, ids: pa.ChunkedArray) -> Days:
    positions = pc.index_in(ids, value_set=activity[KEY])
    return _days(pc.take(activity["last_day"], positions))


def _typical(activity: pa.Table) -> float:
    """Return the median of the customers' mean gaps, at least a day; a month where none has two."""
    gaps = activity["gap_days"].drop_null().to_numpy()
    return max(float(np.median(gaps)), 1.0) if len(gaps) else DEFAULT_GAP_DAYS


def _days(column: pa.ChunkedArray) -> Days:
    numbers = pc.fill_null(pc.cast(pc.cast(column, pa.int32()), pa.int64()), np.iinfo(np.int64).min)
    return np.asarray(numbers.to_numpy()).view("datetime64[D]")


def _flags(column: pa.ChunkedArray) -> Flags:
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=np.bool_)

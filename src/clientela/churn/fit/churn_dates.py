"""Churn dates: stated by the firm, or estimated from activity where a flag has none."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.exit_times import Days, estimate_exits
from clientela.churn.fit.leakage import find_leaking_attributes
from clientela.churn.fit.training_data import Flags
from clientela.features.activity import last_activity
from clientela.features.customers import People, read_people
from clientela.features.history import History
from clientela.features.snapshot import KEY

NEVER = np.datetime64("NaT", "D")
# Typical gap where no customer bought twice: a month, by convention.
DEFAULT_GAP_DAYS = 30.0


@dataclass(frozen=True, eq=False)
class ChurnDates:
    """The customers' contracts: who left, and on which day as far as anybody can say.

    Parameters
    ----------
    history : History
        What exits without a date are estimated from, when they are asked for.
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

    history: History
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

    @cached_property
    def exits(self) -> Days:
        """The day on which each customer left, stated or estimated; NaT of those who stay."""
        if not self.derived.any():
            return self.stated
        everybody = self.history
        if everybody.as_of != self.last_day:
            everybody = replace(everybody, as_of=self.last_day)
        estimated = estimate_exits(everybody, self.people.table[KEY], self.last_seen, self.gap_days)
        return np.where(self.derived, estimated, self.stated)

    def find_leavers(self, ids: pa.ChunkedArray, day: dt.date) -> Flags:
        """Return which customers had left by a day; on the last day a flag alone says it."""
        left = self.derived if day >= self.last_day else self.derived & self._exited_by(day)
        if (~np.isnat(self.stated)).any():
            left = left | (self.stated <= np.datetime64(day, "D"))
        positions = pc.fill_null(pc.index_in(ids, value_set=self.people.table[KEY]), -1)
        return np.asarray(np.append(left, False)[positions.to_numpy(zero_copy_only=False)])

    def _exited_by(self, day: dt.date) -> Flags:
        return np.asarray(self.exits <= np.datetime64(day, "D"))


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
    return ChurnDates(history, people.without(leaks), stated, last_seen, gap, last_day, leaks)


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

"""The months of the past as views side by side, and whom a rule chose on each of them."""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.insiders.score.monthly_snapshots import KEY, Past, columns
from clientela.insiders.score.rule import Chosen, Condition, Rule
from clientela.insiders.score.view import Rows, View, as_written_on
from clientela.statistics.sampling import draw_sample

LEARNING_CUSTOMERS = 20_000

_Met = dict[tuple[Condition, dt.date], Chosen]


@dataclass(frozen=True)
class Months:
    """Views of one set of customers, the last of them today's.

    Parameters
    ----------
    views : tuple of View
        Rising by day; ``rows`` are positions among the customers of the last.
    """

    views: tuple[View, ...]
    _met: _Met = field(default_factory=dict, repr=False, compare=False)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """The days of the views."""
        return tuple(view.day for view in self.views)

    @property
    def today(self) -> View:
        """The last view."""
        return self.views[-1]

    @cached_property
    def judgeable(self) -> tuple[View, ...]:
        """The views after which, within the horizon, something was earned."""
        return tuple(view for view in self.views if view.earned_later > 0)

    def chosen(self, rule: Rule) -> Chosen:
        """Say whom a rule of today would have chosen on each day.

        Returns
        -------
        array of bool, (days, customers of today)
        """
        met = np.zeros((len(self.views), self.today.customers), dtype=np.bool_)
        for row, view in zip(met, self.views, strict=True):
            masks = [self._holds(one, view) for one in rule.conditions]
            row[view.rows] = np.logical_and.reduce(masks) if masks else False
        return met

    def shares(self, members: Chosen) -> "list[float]":
        """Give the share of the customers known on each day who are among the members."""
        pairs = zip(members, self.views, strict=True)
        return [float(row.sum()) / max(view.customers, 1) for row, view in pairs]

    def _holds(self, one: Condition, view: View) -> Chosen:
        key = (one, view.day)
        if key not in self._met:
            self._met[key] = view.chosen(as_written_on(Rule((one,)), self.today, view))
        return self._met[key]


def months(past: Past, upto: dt.date, among: pa.Array | None = None) -> Months:
    """Look at the months up to a day with what was known on that day.

    Parameters
    ----------
    past : Past
        Where the snapshots come from.
    upto : datetime.date
        One of its days, the last one seen; outcomes that were not over then stay unknown.
    among : pa.Array, optional
        Ids of the customers to look at; all if left out.
    """
    ids = past.snapshot(upto)[KEY]
    if among is not None:
        ids = ids.filter(pc.is_in(ids, value_set=among))
    over = past.judgeable(upto)
    return Months(
        tuple(view(past, day, ids, day in over) for day in past.days if day <= upto),
    )


def learners(past: Past, seed: int) -> pa.Array | None:
    """Give the ids that rules are learnt from: of more than 20,000, those of smallest keyed hash.

    None means everybody. A hash knows nothing of what customers did, so that the same ones can
    stand for all of any earlier day.
    """
    ids = past.latest[KEY]
    if len(ids) <= LEARNING_CUSTOMERS:
        return None
    return ids.combine_chunks().take(draw_sample(ids.to_pylist(), LEARNING_CUSTOMERS, seed))


def view(past: Past, day: dt.date, ids: pa.ChunkedArray, judge: bool) -> View:
    """Look at one day, and at those of its customers who are among some ids."""
    snapshot = past.snapshot(day)
    positions = pc.index_in(snapshot[KEY], value_set=ids).to_numpy(zero_copy_only=False)
    known = np.isfinite(positions.astype(np.float64))
    rows: Rows = positions[known].astype(np.intp)
    later = past.later(day) if judge else None
    return View(
        day=day,
        behind_days=(day - past.history.first_day).days + 1,
        rows=rows,
        columns={name: values[known] for name, values in columns(snapshot).items()},
        later_revenue=None if later is None else later.revenue[known],
        later_orders=None if later is None else later.orders[known],
    )

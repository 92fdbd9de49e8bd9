"""What members and the rest did after the day that chose them, measure by measure."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.daily_revenue import Takings, takings
from clientela.features.history import History
from clientela.hypotheses.hypothesis import Measure
from clientela.statistics.arrays import Doubles, Mask, doubles


@dataclass(frozen=True)
class Outcome:
    """A measure of each customer; with ``whole`` a part of it, compared as sums of the group."""

    part: Doubles
    whole: Doubles | None = None


@dataclass(frozen=True)
class Groups:
    """Customers known on the day of the choice, and what came after it.

    Parameters
    ----------
    ids : list of str
        Sorted.
    members : array of bool
        Who was chosen.
    outcomes : dict
        The measures asked for.
    """

    ids: list[str]
    members: Mask
    outcomes: dict[Measure, Outcome]


@dataclass(frozen=True)
class _After:
    history: History
    brought: Takings | None
    day: dt.date
    days: int
    later: pa.Table


def outcomes(
    past: tuple[History, Takings | None],
    day: dt.date,
    days: int,
    chosen: Collection[str],
    wanted: Collection[Measure],
) -> Groups:
    """Measure what everyone known on a day did in the days after it."""
    history, brought = past
    if brought is None and "strongest_month_share" in wanted:
        brought = takings(history)
    after = _After(history, brought, day, days, history.later(day, days))
    ids = after.later["customer_id"].combine_chunks()
    members = pc.is_in(ids, value_set=pa.array(sorted(chosen), pa.string()))
    return Groups(
        ids=ids.to_pylist(),
        members=members.to_numpy(zero_copy_only=False),
        outcomes={measure: _MEASURES[measure](after) for measure in sorted(wanted)},
    )


def _sum_of(name: str) -> Callable[[_After], Outcome]:
    return lambda after: Outcome(doubles(after.later, name))


def _bought_again(after: _After) -> Outcome:
    return Outcome((doubles(after.later, "later_orders") > 0).astype(np.float64))


def _returned_share(after: _After) -> Outcome:
    parts = (doubles(after.later, f"later_{name}") for name in ("returned_amount", "gross_revenue"))
    return Outcome(*parts)


def _strongest_month(after: _After) -> Outcome:
    """Take the third of the days in which everyone together brought most."""
    ends = [after.day + dt.timedelta(days=after.days * third // 3) for third in range(4)]
    thirds = [_between(after, start, end) for start, end in pairwise(ends)]
    whole = np.sum(thirds, axis=0)
    return Outcome(max(thirds, key=lambda third: round(float(third.sum()), 4)), whole)


def _between(after: _After, start: dt.date, end: dt.date) -> Doubles:
    if after.brought is None:
        raise ValueError("the strongest month needs what customers brought on each day")
    place = pc.index_in(after.later["customer_id"], value_set=after.brought.ids)
    brought: Doubles = after.brought.between(start, end)[place.to_numpy()]
    return brought


def _recency(after: _After) -> Outcome:
    """Give the days since the last order at the end, turned round: more is more recent."""
    upto = after.day + dt.timedelta(days=after.days)
    end = after.history.snapshot(upto, ["days_since_last"])
    place = pc.index_in(after.later["customer_id"], value_set=end["customer_id"].combine_chunks())
    return Outcome(-doubles(end.take(place), "days_since_last"))


_MEASURES: dict[Measure, Callable[[_After], Outcome]] = {
    "products": _sum_of("later_products"),
    "revenue": _sum_of("later_revenue"),
    "orders": _sum_of("later_orders"),
    "bought_again": _bought_again,
    "returned_share": _returned_share,
    "strongest_month_share": _strongest_month,
    "recency": _recency,
}

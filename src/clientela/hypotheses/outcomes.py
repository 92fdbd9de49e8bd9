"""Outcomes of members and of the rest after the day of the choice, measure by measure."""

import datetime as dt
from collections.abc import Collection
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.daily_revenue import DailyRevenue, read_daily_revenue
from clientela.features.history import History
from clientela.hypotheses.hypothesis import Measure
from clientela.statistics.arrays import Doubles, Mask, doubles

Outcome = tuple[Doubles, Doubles | None]
"""A measure of each customer; beside it the total that it is a part of, if any.

With a total the group is compared by the ratio of its sums.
"""


def measure_outcomes(
    history: History,
    revenue: DailyRevenue | None,
    day: dt.date,
    horizon_days: int,
    members: Collection[str],
    measures: Collection[Measure],
) -> tuple[Mask, dict[Measure, Outcome]]:
    """Measure what everyone known on a day did in the days after it.

    Returns
    -------
    array of bool, dict
        Of the customers known on the day, in ascending order of their ids: who was chosen, and the
        measures that hypotheses are about.
    """
    if revenue is None and "strongest_month_share" in measures:
        revenue = read_daily_revenue(history)
    later = history.later(day, horizon_days)
    ids = later["customer_id"].combine_chunks()
    outcomes: dict[Measure, Outcome] = {}
    for measure in sorted(measures):
        if measure == "recency":
            outcomes[measure] = _measure_recency(history, ids, day, horizon_days), None
        elif measure == "strongest_month_share":
            outcomes[measure] = _measure_strongest_month(revenue, ids, day, horizon_days)
        else:
            outcomes[measure] = _read_outcome(later, measure)
    is_member = pc.is_in(ids, value_set=pa.array(sorted(members), pa.string()))
    return is_member.to_numpy(zero_copy_only=False), outcomes


def _read_outcome(later: pa.Table, measure: Measure) -> Outcome:
    if measure == "bought_again":
        return (doubles(later, "later_orders") > 0).astype(np.float64), None
    if measure == "returned_share":
        return doubles(later, "later_returned_amount"), doubles(later, "later_gross_revenue")
    return doubles(later, f"later_{measure}"), None


def _measure_strongest_month(
    revenue: DailyRevenue | None, ids: pa.Array, day: dt.date, horizon_days: int
) -> Outcome:
    """Return revenue in the third of the days with most revenue of everyone, and in all thirds."""
    if revenue is None:
        raise ValueError("the strongest month needs each customer's revenue by day")
    position = pc.index_in(ids, value_set=revenue.ids).to_numpy()
    ends = [day + dt.timedelta(days=horizon_days * third // 3) for third in range(4)]
    thirds = [revenue.between(start, end)[position] for start, end in pairwise(ends)]
    strongest = max(thirds, key=lambda third: round(float(third.sum()), 4))
    return strongest, np.sum(thirds, axis=0)


def _measure_recency(history: History, ids: pa.Array, day: dt.date, horizon_days: int) -> Doubles:
    """Return the days since the last order at the end, as negatives: more is more recent."""
    end = history.snapshot(day + dt.timedelta(days=horizon_days), ["days_since_last"])
    rows = pc.index_in(ids, value_set=end["customer_id"].combine_chunks())
    return -doubles(end.take(rows), "days_since_last")

"""The BTYD part of the value model: purchase days to come, and what one brings."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.features.history import History
from clientela.models.clv.choice import Choice, Past, choose, past_of
from clientela.scoring.clv.frame import Frame
from clientela.scoring.clv.span import Span
from clientela.scoring.columns import Doubles, doubles
from clientela.scoring.value_orders import Orders

COUNTED = ("purchase_days", "tenure_days", "days_since_last", "orders", "revenue")
MOST_PAST = 3
WIDEST = 0.99  # quantile of mean spends, beyond which they count as that
WEIGHTS = (0.2, 20.0)


def fit_orders(
    history: History, day: dt.date, horizon_days: int, *, past: bool
) -> tuple[Orders, Choice]:
    """Fit the models of purchase days as of a day and take the one that serves.

    Parameters
    ----------
    history : History
        Nothing after the day is read.
    day : datetime.date
        The day.
    horizon_days : int
        Days ahead; past dates this far back, or a third of the history, decide between the models.
    past : bool
        Whether to let past dates decide; the likelihood does otherwise, which costs less.
    """
    table = history.snapshot(day, COUNTED)
    back = _past(history, day, horizon_days) if past else ()
    choice = choose(Frame.of_snapshot(table), back)
    columns = {name: doubles(table, name) for name in COUNTED}
    days = float(columns["purchase_days"].sum())
    mean, weight = _spends(columns["revenue"], columns["purchase_days"])
    per_day = float(columns["orders"].sum()) / days if days else 1.0
    orders = Orders(
        model=choice.model,
        mean_spend=mean,
        weight=weight,
        factor=choice.mean_factor * per_day,
    )
    return orders, choice


def _past(history: History, day: dt.date, horizon_days: int) -> Sequence[Past]:
    """Pair dates a horizon apart, or a third of the history where that is too short."""
    behind = (day - history.first_day).days
    ages = [horizon_days + 30 * at for at in range(MOST_PAST)]
    fitting = [age for age in ages if age <= behind * 2 / 3] or [behind // 3]
    now = history.snapshot(day, COUNTED)
    found = []
    for age in fitting:
        then = history.snapshot(day - dt.timedelta(days=age), COUNTED)
        if age > 0 and then.num_rows:
            found.append(past_of(then, _only(now, then), Span.days(age)))
    return found


def _only(now: pa.Table, then: pa.Table) -> pa.Table:
    """Give today's rows of those known then."""
    import pyarrow.compute as pc

    return now.take(pc.index_in(then["customer_id"], value_set=now["customer_id"]))


def _spends(revenue: Doubles, days: Doubles) -> tuple[float, float]:
    """Give the mean spend of a purchase day and the days it counts as beside a customer's own.

    By moments: the variance of customers' means is that between customers plus that within one
    over the number of days; the weight is the second over the first.
    """
    if not len(days):
        return 0.0, 1.0
    means = revenue / np.maximum(days, 1.0)
    low, high = np.quantile(means, [1.0 - WIDEST, WIDEST])
    means = np.clip(means, low, high)
    centre = float(means.mean())
    around, inverse = (means - centre) ** 2, 1.0 / np.maximum(days, 1.0)
    spread = float(inverse.var())
    within = float(np.cov(around, inverse, bias=True)[0, 1]) / spread if spread > 0 else 0.0
    between = float(around.mean()) - within * float(inverse.mean())
    if between <= 0 or within <= 0:
        return centre, 1.0
    return centre, float(np.clip(within / between, *WEIGHTS))

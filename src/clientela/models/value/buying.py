"""The BTYD part of the value model: purchase days to come, and what one brings."""

import datetime as dt

import numpy as np

from clientela.features.history import History
from clientela.models.clv.choice import Choice, choose
from clientela.models.clv.past import past_from
from clientela.scoring.clv.frame import Frame
from clientela.scoring.columns import Doubles, doubles
from clientela.scoring.value_orders import Orders

COUNTED = ("purchase_days", "tenure_days", "days_since_last", "orders", "revenue")
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
        Days ahead.
    past : bool
        Whether past dates may overrule the likelihood, on the history's last day only; it costs
        more.
    """
    table = history.snapshot(day, COUNTED)
    behind = max((day - history.first_day).days, 1)
    back = past_from(history, horizon_days) if past else ()
    choice = choose(Frame.of_snapshot(table), back, proportion=horizon_days / behind)
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

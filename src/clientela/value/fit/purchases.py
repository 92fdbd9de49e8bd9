"""The BTYD part of the value model: purchase days to come, and what one brings."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.btyd.candidates import fit_dropout
from clientela.btyd.choice import ModelChoice, choose_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.model import PurchaseModel
from clientela.btyd.past_dates import PastDate, load_past_dates, pair_snapshots
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.sampling import draw_sample
from clientela.value.fit.wholesale import NO_WHOLESALE, WholesaleBuyers
from clientela.value.score.orders import OrderModel

COUNTED = ("purchase_days", "tenure_days", "days_since_last", "orders", "revenue")
MOST_FITTED, MOST_THEN = 2_500, 1_500  # customers: a fit costs in proportion
MOST_PAST = 3  # past snapshots: each costs a fit of the level, by convention
WIDEST = 0.99  # quantile of mean spends, beyond which they count as that
WEIGHTS = (0.2, 20.0)  # by convention: beyond them the moments are noise


def fit_current_purchases(
    history: History,
    horizon_days: int,
    seed: int,
    days: Sequence[dt.date] = (),
    wholesale: WholesaleBuyers = NO_WHOLESALE,
) -> tuple[OrderModel, ModelChoice]:
    """Fit all models of purchase days as of the history's last day and take the one that serves.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days ahead, for which past dates may correct the level.
    seed : int
        Key of the sample: beyond 2,500 customers as many are fitted.
    days : sequence of datetime.date
        Past days whose snapshots are at hand; others are read where there are none.
    wholesale : WholesaleBuyers
        Who is left out.
    """
    table = _leave_out(history.snapshot(history.as_of, COUNTED), wholesale)
    table = _limit_customers(table, MOST_FITTED, seed)
    history_days = max((history.as_of - history.first_day).days, 1)
    past = [_past(history, day, wholesale) for day in days[:MOST_PAST]] or load_past_dates(
        history, horizon_days, wholesale[0]
    )
    past = [_fewer(error, seed) for error in past]
    choice = choose_model(Frame.of_snapshot(table), past, proportion=horizon_days / history_days)
    orders = _orders(table, choice.model, choice.mean_factor)
    return replace(orders, several=choice.several, wholesale_from=wholesale[1]), choice


def fit_past_purchases(
    history: History, day: dt.date, seed: int, wholesale: WholesaleBuyers = NO_WHOLESALE
) -> OrderModel:
    """Fit MBG/NBD as of a past day, or NBD where no dropout shows: not all of them."""
    # all of the snapshot is read: the day's customers are described by the rest of it
    table = history.snapshot(day).select([KEY, *COUNTED])
    table = _limit_customers(_leave_out(table, wholesale), MOST_THEN, seed)
    rows, counts, _ = Frame.of_snapshot(table).distinct()
    orders = _orders(table, fit_dropout(rows, counts), 1.0)
    return replace(orders, wholesale_from=wholesale[1])


def _leave_out(table: pa.Table, wholesale: WholesaleBuyers) -> pa.Table:
    if not len(wholesale[0]):
        return table
    return table.filter(pc.invert(pc.is_in(table["customer_id"], value_set=wholesale[0])))


def _orders(table: pa.Table, model: PurchaseModel, factor: float) -> OrderModel:
    columns = {name: doubles(table, name) for name in COUNTED}
    days = float(columns["purchase_days"].sum())
    mean, weight = _spends(columns["revenue"], columns["purchase_days"])
    per_day = float(columns["orders"].sum()) / days if days else 1.0
    return OrderModel(
        model=model, mean_spend=mean, weight=weight, factor=factor * per_day, per_day=per_day
    )


def _limit_customers(table: pa.Table, limit: int, seed: int) -> pa.Table:
    if table.num_rows <= limit:
        return table
    return table.take(draw_sample(table["customer_id"].to_pylist(), limit, seed))


def _past(history: History, day: dt.date, wholesale: WholesaleBuyers) -> PastDate:
    back, before = (history.as_of - day).days, (day - history.first_day).days
    early, late = (history.snapshot(item, COUNTED) for item in (day, history.as_of))
    early = _leave_out(early, wholesale)
    return pair_snapshots(early, late, Span.days(back), Span.days(max(before, 1)))


def _fewer(past: PastDate, seed: int) -> PastDate:
    if len(past.purchases) <= MOST_FITTED:
        return past
    rng = np.random.default_rng([seed, 6])
    rows = np.sort(rng.choice(len(past.purchases), MOST_FITTED, replace=False))
    return replace(past, frame=past.frame.take(rows), purchases=past.purchases[rows])


def _spends(revenue: Doubles, days: Doubles) -> tuple[float, float]:
    """Return the mean spend of a purchase day and the days it counts as beside a customer's own.

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

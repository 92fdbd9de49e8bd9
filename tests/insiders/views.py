"""Views made by hand or drawn at random."""

import datetime as dt

import numpy as np

from clientela.insiders.score.monthly_snapshots import FEATURES
from clientela.insiders.score.months import DayView
from clientela.statistics.arrays import Doubles

DAY = dt.date(2011, 12, 31)


def view(
    columns: dict[str, list[float]],
    later: list[float] | None = None,
    day: dt.date = DAY,
    behind_days: int = 400,
) -> DayView:
    """Make a view; features not given are 0 for everybody."""
    count = len(next(iter(columns.values())))
    every: dict[str, Doubles] = {name: np.zeros(count) for name in FEATURES}
    every |= {name: np.array(values, dtype=np.float64) for name, values in columns.items()}
    outcome = None if later is None else np.array(later, dtype=np.float64)
    return DayView(day, behind_days, np.arange(count), every, outcome, outcome)


def drawn(customers: int, seed: int, day: dt.date = DAY, behind_days: int = 400) -> DayView:
    """Draw customers whose later revenue follows, with noise, what they spent before."""
    rng = np.random.default_rng(seed)
    spent = np.round(rng.lognormal(5.0, 1.2, customers), 2)
    orders = 1.0 + rng.poisson(spent / 100)
    away = np.floor(rng.exponential(90.0, customers))
    later = spent * rng.gamma(1.0, 0.3, customers) * (rng.random(customers) < np.exp(-away / 150))
    columns = {
        "revenue_365d": spent,
        "revenue": spent,
        "revenue_90d": np.where(away < 90, np.round(spent / 3, 2), 0.0),
        "orders_365d": orders,
        "orders": orders,
        "orders_90d": np.where(away < 90, np.ceil(orders / 3), 0.0),
        "days_since_last": away,
        "tenure_days": away + 30.0,
    }
    given = {name: values.tolist() for name, values in columns.items()}
    return view(given, later.tolist(), day, behind_days)

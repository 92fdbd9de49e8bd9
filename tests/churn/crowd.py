"""Customers whose leaving follows a known rule, on dates with a season."""

import datetime as dt
from functools import cache

import numpy as np
import pyarrow as pa

from clientela.churn.fit.training_data import ChurnTask, LabelledSnapshot

TODAY = dt.date(2025, 6, 1)
HORIZON = 60


def snapshot(
    day: dt.date | None, customers: int, seed: int, level: float = -0.5
) -> LabelledSnapshot:
    rng = np.random.default_rng(seed)
    silence = rng.integers(0, 120, customers)
    tenure = silence + rng.integers(1, 500, customers)
    revenue = rng.lognormal(4.0, 1.0, customers)
    plan = rng.choice(["basic", "gold", "team"], customers)
    score = rng.normal(0.0, 1.0, customers)
    logit = level + 0.02 * (silence - 60) + 1.2 * np.abs(score) - 1.0 + 0.8 * (plan == "basic")
    table = pa.table(
        {
            "customer_id": [f"C{number:05d}" for number in rng.permutation(customers)],
            "days_since_last": silence,
            "purchase_days": rng.integers(1, 9, customers),
            "tenure_days": tenure,
            "revenue": pa.array(revenue, mask=rng.random(customers) < 0.1),
            "orders": pa.array(rng.integers(1, 30, customers)),
            "score": score,
            "plan": plan,
            "flat": np.ones(customers),
        }
    )
    left = rng.random(customers) < 1.0 / (1.0 + np.exp(-logit))
    return LabelledSnapshot(day, table, left, revenue, HORIZON if day else 0)


@cache
def past(customers: int = 700, dates: int = 8) -> tuple[LabelledSnapshot, ...]:
    days = [TODAY - dt.timedelta(days=HORIZON + 30 * place) for place in range(dates)]
    return tuple(snapshot(day, customers, place) for place, day in enumerate(days))


def framing(**changes: object) -> ChurnTask:
    given: dict[str, object] = {"kind": "non_contractual", "as_of": TODAY, "horizon_days": HORIZON}
    return ChurnTask(**(given | changes))  # type: ignore[arg-type]

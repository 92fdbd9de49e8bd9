"""Small shops whose orders are known, as histories that need no engine."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from clientela.features.history import History
from clientela.features.outcome import OUTCOME
from clientela.insiders.score.monthly_snapshots import FEATURES

FIRST, AS_OF = dt.date(2010, 12, 1), dt.date(2011, 12, 31)
Order = tuple[str, dt.date, float]  # customer, day, amount; below zero it is a return
WHOLE = ("orders_365d", "orders_90d", "orders", "days_since_last", "tenure_days")


class NoEngine:
    """Stands where an engine does, and computes nothing."""

    @property
    def local(self) -> "NoEngine":
        return self


@dataclass(frozen=True)
class Shop(History):
    """A history computed from a list of orders."""

    orders: Sequence[Order] = field(default=())

    def snapshot(self, as_of: dt.date, names: Sequence[str] | None = None) -> pa.Table:
        self._check_day(as_of)
        if (as_of, FEATURES) not in self._held:
            self._held[as_of, FEATURES] = self._computed(as_of)
        return self._held[as_of, FEATURES]

    def _computed(self, as_of: dt.date) -> pa.Table:
        known = self._between(dt.date.min, as_of)
        rows = [self._row(one, known[one], as_of) for one in sorted(known)]
        rows = [row for row in rows if row["orders"]]
        kinds = {name: pa.int64() if name in WHOLE else pa.float64() for name in FEATURES}
        schema = pa.schema([("customer_id", pa.string()), *kinds.items()])
        return pa.Table.from_pylist(rows, schema)

    def later(self, as_of: dt.date, horizon_days: int) -> pa.Table:
        upto = as_of + dt.timedelta(days=horizon_days)
        self._check_day(upto)
        after = self._between(as_of, upto)
        ids = self.snapshot(as_of)["customer_id"].to_pylist()
        rows = [
            dict.fromkeys(OUTCOME.names, 0)
            | {
                "customer_id": one,
                "later_revenue": _exactly(amount for _, amount in after.get(one, [])),
                "later_orders": sum(amount >= 0 for _, amount in after.get(one, [])),
            }
            for one in ids
        ]
        return pa.Table.from_pylist(rows, OUTCOME)

    def gather(self, expr: ir.Table, schema: pa.Schema) -> pa.Table:
        """Answer the one question that the months ask: a row an order."""
        rows = [
            {
                "customer_id": customer,
                "age_days": (self.as_of - day).days,
                "order_age_days": (self.as_of - day).days,
                "amount": amount,
                "orders": int(amount >= 0),
            }
            for customer, day, amount in self.orders
        ]
        return pa.Table.from_pylist(rows, schema)

    def _between(self, after: dt.date, upto: dt.date) -> dict[str, list[tuple[dt.date, float]]]:
        found: dict[str, list[tuple[dt.date, float]]] = {}
        for customer, day, amount in self.orders:
            if after < day <= upto:
                found.setdefault(customer, []).append((day, amount))
        return found

    def _row(self, one: str, lines: list[tuple[dt.date, float]], as_of: dt.date) -> dict[str, Any]:
        ages = [(as_of - day).days for day, _ in lines]
        bought = [age for age, (_, amount) in zip(ages, lines, strict=True) if amount >= 0]
        row: dict[str, Any] = {"customer_id": one, "orders": len(bought)}
        row["revenue"] = _exactly(amount for _, amount in lines)
        row["days_since_last"] = min(bought, default=0)
        row["tenure_days"] = max(bought, default=0)
        for window in (30, 90, 365):
            inside = (a for age, (_, a) in zip(ages, lines, strict=True) if age < window)
            row[f"revenue_{window}d"] = _exactly(inside)
            row[f"orders_{window}d"] = sum(age < window for age in bought)
        return row


def _exactly(amounts: Iterable[float]) -> float:
    """Add up as decimals do, whatever the order."""
    return round(math.fsum(amounts), 4)


def shop(orders: Iterable[Order], first: dt.date = FIRST, as_of: dt.date = AS_OF) -> Shop:
    """Open a shop; orders outside its days are left out."""
    kept = [one for one in orders if first <= one[1] <= as_of]
    return Shop(NoEngine(), lambda _: None, [()], first, as_of, orders=kept)  # type: ignore[arg-type,return-value]


def every(
    customer: str,
    days: int,
    amount: float,
    first: dt.date = FIRST,
    until: dt.date = AS_OF,
) -> list[Order]:
    """Buy for an amount each so many days."""
    count = (until - first).days // days + 1
    return [(customer, first + dt.timedelta(days=days * step), amount) for step in range(count)]


def planted(loyal: int = 30, others: int = 370, seed: int = 1) -> list[Order]:
    """Let a few customers buy often and all year, and many once or twice for as much an order.

    Loyal ones are called ``l…``; the others ``o…``.
    """
    rng = np.random.default_rng(seed)
    span = (AS_OF - FIRST).days
    orders: list[Order] = []
    for one in range(loyal):
        for day in np.cumsum(rng.integers(8, 28, size=60)):
            if day <= span:
                orders.append(_order(f"l{one:03}", int(day), rng))
    for one in range(others):
        for day in rng.integers(0, span + 1, size=rng.integers(1, 4)):
            orders.append(_order(f"o{one:03}", int(day), rng))
    return orders


def _order(customer: str, day: int, rng: np.random.Generator) -> Order:
    return customer, FIRST + dt.timedelta(days=day), float(np.round(rng.gamma(4.0, 25.0), 2))

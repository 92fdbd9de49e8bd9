"""Firms of customers who buy by a law that is known."""

import datetime as dt
from collections.abc import Callable

import msgspec
import numpy as np
import pyarrow as pa

from clientela.config import Value
from clientela.contract.tables import TRANSACTIONS
from clientela.engine import Engine
from clientela.features.history import History
from clientela.tables.schema import Tables, ibis_schema

FIRST = dt.date(2020, 1, 1)
QUICK = Value(trials=2, resamples=100, max_dates=7)
Season = Callable[[np.ndarray], np.ndarray]


def steady(day: np.ndarray) -> np.ndarray:
    """No season."""
    return np.ones(len(day))


def yearly(day: np.ndarray) -> np.ndarray:
    """Three times as busy at the height of the year as at its bottom."""
    return 1.0 + 0.5 * np.cos(2 * np.pi * day / 365.0)


def lines(customers: int, days: int, seed: int, season: Season = steady) -> pa.Table:
    """Draw purchases: rates and spends differ between customers, nobody leaves."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 1 / 60.0, customers)
    spend = np.exp(rng.normal(3.0, 0.8, customers))
    early = rng.random(customers) < 0.7
    start = np.where(early, rng.integers(0, 30, customers), rng.integers(0, days, customers))
    start = np.minimum(start, days - 1)
    count = rng.poisson(rate * (days - start) * 1.5)
    who = np.repeat(np.arange(customers), count)
    day = start[who] + np.floor(rng.random(len(who)) * (days - start[who])).astype(int)
    kept = rng.random(len(who)) < season(day) / 1.5
    who, day = who[kept], day[kept]
    who, day = np.append(who, np.arange(customers)), np.append(day, start)
    amount = np.round(spend[who] * np.exp(rng.normal(0, 0.5, len(who))), 2)
    return table([f"c{one:05d}" for one in who], day, amount)


def table(ids: list[str], day: np.ndarray, amount: np.ndarray) -> pa.Table:
    """Make canonical lines; an amount below 0 is a return."""
    schema = ibis_schema(TRANSACTIONS).to_pyarrow()
    number = len(ids)
    days = np.asarray(day, dtype="timedelta64[D]") + np.datetime64(FIRST.isoformat())
    moments = pa.array(days.astype("datetime64[us]"))
    order = [f"o{one}-{when}" for one, when in zip(ids, day, strict=True)]
    back = np.asarray(amount) < 0
    columns = {
        "customer_id": pa.array(ids),
        "order_id": pa.array([f"C{o}" if b else o for o, b in zip(order, back, strict=True)]),
        "line_no": pa.array(np.ones(number, dtype=np.int64)),
        "product_id": pa.array(["p"] * number),
        "quantity": pa.array(np.where(back, -1.0, 1.0)),
        "unit_price": pa.array(np.abs(amount)),
        "amount": pa.array(amount),
        "currency": pa.array(["GBP"] * number),
        "ordered_at": moments,
        "ordered_local": moments,
        "kind": pa.array(np.where(back, "return", "sale").tolist()),
        "line_key": pa.array([str(one) for one in range(number)]),
    }
    arrays = [_column(columns, field, number) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _column(columns: dict[str, pa.Array], field: pa.Field, number: int) -> pa.Array:
    if field.name not in columns:
        return pa.nulls(number, field.type)
    column = columns[field.name]
    return column.cast(field.type, safe=False)


def history(engine: Engine, rows: pa.Table, days: int) -> History:
    """Open what happened as a history up to a day."""
    held = engine.from_arrow(rows)
    as_of = FIRST + dt.timedelta(days=days - 1)
    return History(engine, lambda group: Tables(held), [("0",)], FIRST, as_of)


def quick(**given: object) -> Value:
    """Settings with few trials and resamples."""
    return msgspec.structs.replace(QUICK, **given)

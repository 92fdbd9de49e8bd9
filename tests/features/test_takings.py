"""What each customer brought on each day, on every engine, and the questions it answers."""

import datetime as dt

import numpy as np
import pyarrow as pa

from clientela.engine import Engine
from clientela.features.daily_revenue import DailyRevenue, read_daily_revenue
from clientela.features.history import History
from clientela.statistics.arrays import doubles
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, given_back, sale, transactions

FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)
ROWS: list[Row] = [
    sale("10", at("2011-01-01")),
    sale("0.1", at("2011-06-30"), product_id="q"),
    sale("0.2", at("2011-06-30", hour=18)),
    given_back("5", at("2011-07-30")),
    sale("7", at("2011-12-31", hour=23)),
    sale("1", at("2011-02-01"), customer_id="b"),
    sale("99", at("2012-01-01"), customer_id="b"),
    sale("4", at("2011-02-01"), customer_id="b", kind="fee"),
    given_back("3", at("2011-02-01"), customer_id="returns alone"),
    sale("8", at("2011-07-02"), customer_id=None),
]


def history(engine: Engine, rows: list[Row] = ROWS) -> History:
    held = engine.from_arrow(transactions(rows))
    return History(engine, lambda group: Tables(held), [("0",)], FIRST, AS_OF)


def test_days_are_net_of_returns_and_without_fees(engine: Engine) -> None:
    found = read_daily_revenue(history(engine))
    assert found.ids.to_pylist() == ["a", "b"]
    assert found.between(dt.date(2010, 12, 31), AS_OF).tolist() == [12.3, 1.0]
    assert found.between(dt.date(2011, 6, 30), dt.date(2011, 7, 30)).tolist() == [-5.0, 0.0]
    assert found.between(dt.date(2011, 6, 29), dt.date(2011, 6, 30))[0] == 0.3
    assert found.mark_buyers(dt.date(2011, 1, 31)).tolist() == [True, False]
    assert found.mark_buyers(dt.date(2011, 2, 1)).tolist() == [True, True]


def test_members_are_found_by_id_and_strangers_ignored(duckdb: Engine) -> None:
    found = read_daily_revenue(history(duckdb))
    assert found.members(pa.array(["b", "nobody"])).tolist() == [False, True]


def test_periods_agree_with_snapshots_and_outcomes(duckdb: Engine) -> None:
    past, day = history(duckdb), dt.date(2011, 6, 29)
    found = read_daily_revenue(past)
    upto = found.between(FIRST - dt.timedelta(days=1), day)
    assert upto.tolist() == doubles(past.snapshot(day, ["revenue"]), "revenue").tolist()
    later = doubles(past.later(day, 31), "later_revenue")
    came = found.between(day, day + dt.timedelta(days=31))
    assert np.allclose(came, later, atol=1e-9)


def test_the_order_of_rows_changes_no_bit(duckdb: Engine) -> None:
    one, other = (
        read_daily_revenue(history(duckdb)),
        read_daily_revenue(history(duckdb, ROWS[::-1])),
    )
    for name in ("customer", "age_days", "amount", "first_age_days"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_nobody_brought_nothing(duckdb: Engine) -> None:
    found: DailyRevenue = read_daily_revenue(history(duckdb, ROWS[8:9]))
    assert len(found.ids) == len(found.amount) == len(found.between(FIRST, AS_OF)) == 0

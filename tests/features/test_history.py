"""The past and what came after it, and never a day more."""

import datetime as dt

import pytest

from clientela.engine import Engine
from clientela.features.history import History
from clientela.features.outcome import OUTCOME
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, given_back, sale, transactions

FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)
ROWS: list[Row] = [
    sale("10", at("2011-01-01")),
    sale("20", at("2011-06-30")),
    sale("30", at("2011-07-01"), product_id="q", quantity=3),
    given_back("5", at("2011-07-30"), returns_order_id=f"of {at('2011-07-01')}"),
    sale("7", at("2011-07-31")),
    sale("1", at("2011-02-01"), customer_id="b"),
    sale("9", at("2011-07-02"), customer_id="new"),
    sale("4", at("2011-07-02"), kind="fee"),
    sale("8", at("2011-07-02"), customer_id=None),
]


def history(engine: Engine) -> History:
    held = engine.from_arrow(transactions(ROWS))
    return History(engine, lambda group: Tables(held), [("0",)], FIRST, AS_OF)


def test_later_is_what_came_after_the_day_and_within_the_horizon(engine: Engine) -> None:
    found = history(engine).later(dt.date(2011, 6, 30), 30)
    assert found.schema.equals(OUTCOME)
    assert found.to_pylist() == [
        {
            "customer_id": "a",
            "later_revenue": 25.0,
            "later_gross_revenue": 30.0,
            "later_returned_amount": 5.0,
            "later_orders": 1,
            "later_units": 3.0,
            "later_returned_units": 1.0,
            "later_products": 1,
        },
        dict.fromkeys(OUTCOME.names, 0) | {"customer_id": "b"},
    ]


def test_a_snapshot_of_some_features_is_a_part_of_the_whole_one(engine: Engine) -> None:
    past = history(engine)
    whole = past.snapshot(AS_OF)
    part = past.snapshot(AS_OF, ["orders", "revenue"])
    assert part.column_names == ["customer_id", "orders", "revenue"]
    assert part.equals(whole.select(part.column_names))


def test_nothing_beyond_the_last_day_can_be_asked_for(duckdb: Engine) -> None:
    past = history(duckdb)
    with pytest.raises(ValueError, match="lies after 2011-12-31"):
        past.snapshot(AS_OF + dt.timedelta(days=1))
    with pytest.raises(ValueError, match="lies after"):
        past.later(AS_OF - dt.timedelta(days=10), 11)


def test_dates_have_their_horizon_before_today_and_history_behind_them(duckdb: Engine) -> None:
    past = history(duckdb)
    dates = past.dates(horizon_days=90, step_days=90, least_days=180)
    assert dates == [AS_OF - dt.timedelta(days=age) for age in (90, 180)]
    assert past.dates(horizon_days=300, step_days=90, least_days=180) == []

"""The shops of these tests count as the engine does."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest

from clientela.engine import Engine
from clientela.features.history import History
from clientela.insiders.score.monthly_snapshots import FEATURES, build_snapshots
from clientela.tables.schema import Tables
from tests.features.rows import at, given_back, sale, transactions
from tests.insiders.shops import AS_OF, FIRST, Order, every, shop

ORDERS: list[Order] = [
    *every("a", 40, 25.5),
    *every("b", 7, 3.25, until=dt.date(2011, 5, 5)),
    ("a", dt.date(2011, 11, 3), -10.0),
    ("c", dt.date(2011, 12, 31), 100.0),
    ("d", dt.date(2011, 10, 2), 7.0),  # 90 days before the last day, so outside its last 90
    ("d", dt.date(2010, 12, 31), 1.0),
]


@pytest.fixture(scope="module")
def real(duckdb: Engine) -> History:
    rows = [
        (sale if amount >= 0 else given_back)(
            str(abs(Decimal(str(amount)))), at(day.isoformat()), customer_id=customer
        )
        | {"order_id": f"{customer}{day}{amount}"}
        for customer, day, amount in ORDERS
    ]
    held = duckdb.from_arrow(transactions(rows))
    return History(duckdb, lambda _: Tables(held), [("0",)], FIRST, AS_OF)


@pytest.mark.parametrize("day", [AS_OF, dt.date(2011, 8, 1)])
def test_a_shop_counts_as_the_engine_does(real: History, day: dt.date) -> None:
    names = ["customer_id", *FEATURES]
    ours, theirs = shop(ORDERS).snapshot(day), real.snapshot(day, FEATURES)
    assert ours.select(names).to_pylist() == theirs.select(names).to_pylist()


def test_what_came_later_is_the_same_by_difference_and_by_query(real: History) -> None:
    looked = build_snapshots(real, real.snapshot(AS_OF, FEATURES), horizon_days=60)
    day = looked.judgeable(AS_OF)[-1]
    by_difference = looked.later(day)
    table = real.later(day, 60)
    assert by_difference.revenue.tolist() == table["later_revenue"].to_pylist()
    assert by_difference.orders.tolist() == table["later_orders"].to_pylist()


def test_a_horizon_between_months_is_queried() -> None:
    looked = build_snapshots(shop(ORDERS), shop(ORDERS).snapshot(AS_OF), horizon_days=45)
    day = looked.judgeable(AS_OF)[-1]
    table = shop(ORDERS).later(day, 45)
    assert looked.later(day).revenue.tolist() == table["later_revenue"].to_pylist()


def test_months_lie_thirty_days_apart_with_sixty_behind_them() -> None:
    days = build_snapshots(shop(ORDERS), shop(ORDERS).snapshot(AS_OF), 90).days
    assert days[-1] == AS_OF
    assert {(b - a).days for a, b in pairwise(days)} == {30}
    assert 60 <= (days[0] - FIRST).days < 90

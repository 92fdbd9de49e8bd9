"""The shops of these tests count as the engine does."""

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest

from clientela.engine import Engine
from clientela.features.daily_revenue import read_purchase_days
from clientela.features.history import History
from clientela.insiders.score.monthly_snapshots import FEATURES, MonthColumns, build_snapshots
from clientela.insiders.score.months import view_months
from clientela.statistics.arrays import doubles
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


@pytest.mark.parametrize("day", [AS_OF, dt.date(2011, 8, 1)])
def test_the_months_count_as_the_engine_does(real: History, day: dt.date) -> None:
    purchases = real.compute_once(read_purchase_days)
    ours = MonthColumns(purchases, day, purchases.mark_buyers(day))
    theirs = real.snapshot(day, FEATURES)
    assert {name: ours[name].tolist() for name in ours} == {
        name: doubles(theirs, name).tolist() for name in FEATURES
    }


@pytest.mark.parametrize("horizon_days", [60, 45])
def test_what_came_later_is_what_the_engine_counts(real: History, horizon_days: int) -> None:
    past = build_snapshots(real, horizon_days)
    view = view_months(past, AS_OF).judgeable[-1]
    table = real.later(view.day, horizon_days)
    assert view.later_revenue is not None
    assert view.later_orders is not None
    assert view.later_revenue.tolist() == table["later_revenue"].to_pylist()
    assert view.later_orders.tolist() == table["later_orders"].to_pylist()


def test_an_order_of_two_days_belongs_to_its_first(duckdb: Engine) -> None:
    first, second, day = at("2011-06-01"), at("2011-06-20"), dt.date(2011, 6, 25)
    rows = [
        sale("10", first) | {"order_id": "one"},
        sale("5", second) | {"order_id": "one"},
        sale("1", at("2011-06-10")),
    ]
    held = duckdb.from_arrow(transactions(rows))
    past = History(duckdb, lambda _: Tables(held), [("0",)], FIRST, AS_OF)
    purchases = past.compute_once(read_purchase_days)
    for until in (day, dt.date(2011, 6, 15), dt.date(2011, 7, 10)):
        ours = MonthColumns(purchases, until, purchases.mark_buyers(until))
        theirs = past.snapshot(until, FEATURES)
        assert {name: ours[name].tolist() for name in ours} == {
            name: doubles(theirs, name).tolist() for name in FEATURES
        }


def test_months_lie_thirty_days_apart_with_sixty_behind_them() -> None:
    days = build_snapshots(shop(ORDERS), 90).days
    assert days[-1] == AS_OF
    assert {(b - a).days for a, b in pairwise(days)} == {30}
    assert 60 <= (days[0] - FIRST).days < 90

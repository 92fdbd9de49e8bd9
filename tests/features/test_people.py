"""Attributes as known on a day, and when customers bought last and next."""

import datetime as dt

from clientela.engine import Engine
from clientela.features.activity import last_activity
from clientela.features.customers import join_attributes, read_people
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, customers, given_back, sale, transactions

FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)
LINES: list[Row] = [
    sale("10", at("2011-01-01")),
    sale("20", at("2011-01-11")),
    given_back("5", at("2011-12-30"), returns_order_id="x"),
    sale("10", at("2011-03-01"), customer_id="b"),
    sale("10", at("2012-02-01"), customer_id="b"),
    sale("10", at("2011-03-01"), customer_id=None),
]
PEOPLE: list[Row] = [
    {"customer_id": "b", "churned": True, "known_from": dt.date(2011, 6, 1)},
    {"customer_id": "a", "churned": False, "churned_at": None},
    {"customer_id": "z"},
]
SAID = {
    "b": '{"plan": "A", "fee": "2", "orders": "7"}',
    "a": '{"plan": "B", "orders": "8"}',
    "z": None,
}


def history(engine: Engine, with_people: bool = True) -> History:
    lines = engine.from_arrow(transactions(LINES))
    rows = [row | {"attributes": SAID[row["customer_id"]], "line_key": "k"} for row in PEOPLE]
    people = engine.from_arrow(customers(rows)) if with_people else None
    return History(engine, lambda group: Tables(lines, people), [("0",)], FIRST, AS_OF)


def test_attributes_dated_later_are_not_known_before(engine: Engine) -> None:
    people = read_people(history(engine))
    assert people.known_on(dt.date(2011, 5, 31)).to_pydict() == {
        "customer_id": ["a", "b", "z"],
        "orders_attribute": [8.0, None, None],
        "plan": ["B", None, None],
    }
    assert people.known_on(dt.date(2011, 6, 1))["plan"].to_pylist() == ["B", "A", None]
    assert people.lacks_dates
    assert people.left_out == {"fee": "constant"}


def test_attributes_stand_beside_the_snapshot_row_by_row(duckdb: Engine) -> None:
    past = history(duckdb)
    snapshot = past.snapshot(AS_OF, ["orders"])
    found = join_attributes(snapshot, read_people(past), AS_OF)
    assert found.select(["customer_id", "orders", "plan"]).to_pylist() == [
        {"customer_id": "a", "orders": 2, "plan": "B"},
        {"customer_id": "b", "orders": 1, "plan": "A"},
    ]


def test_a_firm_without_customers_has_no_attributes(duckdb: Engine) -> None:
    people = read_people(history(duckdb, with_people=False))
    assert (people.table.num_rows, people.attributes.num_columns, people.lacks_dates) == (
        0,
        0,
        False,
    )


def test_the_last_purchase_is_that_of_the_tables_and_returns_are_none(engine: Engine) -> None:
    assert last_activity(history(engine)).to_pylist() == [
        {"customer_id": "a", "last_day": dt.date(2011, 1, 11), "gap_days": 10.0},
        {"customer_id": "b", "last_day": dt.date(2012, 2, 1), "gap_days": 337.0},
    ]

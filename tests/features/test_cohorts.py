"""Cohorts: who comes back, counted by hand, and nothing from after the day."""

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from clientela.engine import Engine
from clientela.features.cohorts import COHORTS, cohorts
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, given_back, sale, transactions

AS_OF = dt.date(2011, 3, 31)
JANUARY, FEBRUARY, MARCH = (dt.date(2011, month, 1) for month in (1, 2, 3))
ROWS: list[Row] = [
    sale("10", at("2011-01-31", 23, 59)),
    sale("5", at("2011-01-31", 8), order_id="second of the day"),
    given_back("4.5", at("2011-02-10")),
    sale("20", at("2011-03-31", 23, 59)),
    sale("7", at("2011-01-05"), customer_id="b"),
    given_back("3", at("2011-01-20"), customer_id="c"),
    sale("8", at("2011-02-01", 0), customer_id="c"),
    sale("9", at("2011-02-02"), customer_id="c", kind="fee"),
    sale("6", at("2011-02-03"), customer_id=None),
    sale("1", at("2011-01-07"), customer_id="only fees", kind="fee"),
]
FUTURE: list[Row] = [
    sale("99", at("2011-04-01", 0)),
    sale("99", at("2011-04-02"), customer_id="new"),
    given_back("5", at("2011-04-03"), customer_id="b"),
]


def found(engine: Engine, *parts: list[Row]) -> pa.Table:
    held = [Tables(engine.from_arrow(transactions(rows))) for rows in parts]
    groups = [(str(number),) for number in range(len(held))]
    return cohorts(History(engine, lambda group: held[int(group[0])], groups, JANUARY, AS_OF))


def test_customers_are_followed_from_their_first_month(engine: Engine) -> None:
    table = found(engine, ROWS)
    assert table.schema.equals(COHORTS)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        (JANUARY, JANUARY, 2, 2, 22.0),
        (JANUARY, FEBRUARY, 2, 0, -4.5),
        (JANUARY, MARCH, 2, 1, 20.0),
        (FEBRUARY, FEBRUARY, 1, 1, 8.0),
        (FEBRUARY, MARCH, 1, 0, 0.0),
    ]


def test_what_follows_the_day_changes_nothing(duckdb: Engine) -> None:
    assert found(duckdb, ROWS + FUTURE).equals(found(duckdb, ROWS))


def test_groups_of_customers_add_up(duckdb: Engine) -> None:
    mine = [row for row in ROWS if row["customer_id"] == "a"]
    rest = [row for row in ROWS if row["customer_id"] != "a"]
    assert found(duckdb, rest, mine).equals(found(duckdb, ROWS))


def test_every_buyer_is_in_one_cohort_and_active_in_its_first_month(duckdb: Engine) -> None:
    table = found(duckdb, ROWS)
    first = table.filter(pc.equal(table["cohort"], table["month"]))
    assert first["customers"].equals(first["active"])
    assert pc.sum(first["customers"]).as_py() == 3


def test_without_a_sale_there_is_no_cohort(duckdb: Engine) -> None:
    assert found(duckdb, [given_back("1", at("2011-01-01"))]).equals(COHORTS.empty_table())

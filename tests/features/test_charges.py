"""Next charges: the same day of the months in a row, judged a month ago, and none else."""

import datetime as dt

import pyarrow as pa

from clientela.engine import Engine
from clientela.features import charges
from clientela.features.charges import CHARGES, LEAST_JUDGED, find_next_charges
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, sale, transactions

AS_OF = dt.date(2024, 7, 20)


def charged(name: str, day: int, months: range) -> list[Row]:
    return [sale("10", at(f"2024-{month:02}-{day:02}"), customer_id=name) for month in months]


def find(engine: Engine, rows: list[Row]) -> tuple[pa.Table, int, int]:
    held = Tables(engine.from_arrow(transactions(rows)))
    first = dt.date(2024, 1, 1)
    return find_next_charges(History(engine, lambda _: held, [("0",)], first, AS_OF))


SUBSCRIBERS = [
    row
    for number in range(LEAST_JUDGED)
    for row in charged(f"{number:02}", number % 28 + 1, range(1, 8 if number % 28 < 20 else 7))
]


def test_the_next_charge_falls_on_the_day_of_those_in_a_row(engine: Engine) -> None:
    rows = [
        *SUBSCRIBERS,
        *charged("often", 5, range(2, 8)),
        *charged("often", 12, range(2, 8)),
        *charged("new", 7, range(5, 8)),  # three are not four
        *charged("left", 9, range(1, 7)),
        sale("3", at("2024-07-02"), customer_id="new"),
        sale("3", at("2024-07-21"), customer_id="new"),
    ]
    table, expected, held = find(engine, rows)
    assert table.schema.equals(CHARGES)
    days = dict(zip(*table.to_pydict().values(), strict=True))
    assert "new" not in days
    assert "left" not in days
    assert days["often"] == dt.date(2024, 8, 5)
    assert days["03"] == dt.date(2024, 8, 4)
    assert days["25"] == dt.date(2024, 7, 26)  # not yet charged in this month
    assert expected == LEAST_JUDGED + 2
    assert expected - held == 1  # who left


def test_days_that_did_not_hold_are_not_told(duckdb: Engine) -> None:
    leavers = [row for row in SUBSCRIBERS if row["ordered_local"].month < 6]
    assert find(duckdb, leavers)[0].num_rows == 0
    few = charged("a", 5, range(1, 8))
    assert find(duckdb, few) == (CHARGES.empty_table(), 1, 1)
    assert charges.LEAST_JUDGED > 1

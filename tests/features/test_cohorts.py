"""Cohorts: who comes back, counted by hand, and nothing from after the day."""

import datetime as dt
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clientela.engine import Engine
from clientela.features.cohorts import (
    COHORTS,
    GROUPS,
    KINDS,
    MOST_GROUPS,
    OTHERS,
    STARTS,
    follow_cohorts,
)
from clientela.features.history import History
from clientela.features.product_families import ProductFamilies
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


FAMILIES = ProductFamilies({"red": "bag", "blue": "bag", "mug": "mug"}, {"bag": "Bags"}, {})


def follow(engine: Engine, *parts: list[Row], as_of: dt.date = AS_OF) -> tuple[pa.Table, ...]:
    held = [Tables(engine.from_arrow(transactions(rows))) for rows in parts]
    groups = [(str(number),) for number in range(len(held))]
    history = History(engine, lambda group: held[int(group[0])], groups, JANUARY, as_of)
    return follow_cohorts(history, FAMILIES, ["bag", "mug"])


def found(engine: Engine, *parts: list[Row]) -> pa.Table:
    return follow(engine, *parts)[0]


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


def begun(name: str, day: str, product: str | None, **columns: Any) -> list[Row]:
    """Return a first order of two lines: 9 of one product, 1 of another."""
    order = {"customer_id": name, "order_id": f"first of {name}", **columns}
    return [
        sale("9", at(day), product_id=product, **order),
        sale("1", at(day), product_id="pen", **order),
    ]


BEGUN: list[Row] = [
    *begun("old", "2011-01-04", "mug", channel="shop", country="BR"),
    *begun("a", "2011-02-04", "red", channel="shop", country="BR"),
    *begun("b", "2011-02-05", "blue", channel="web", country="BR"),
    *begun("c", "2011-02-06", "mug", channel=None, country="PT"),
    *begun("d", "2011-03-07", "mug", channel="web", country=None),
    sale("30", at("2011-03-08"), customer_id="a", product_id="mug", channel="web", country="PT"),
    sale("2", at("2011-03-08"), customer_id="b", product_id="mug", channel="web", country="BR"),
]


def test_customers_are_followed_by_how_they_began(engine: Engine) -> None:
    rows = [*BEGUN, sale("5", at("2011-03-31"), customer_id="c", product_id="red")]
    table = follow(engine, rows, as_of=dt.date(2011, 4, 5))[1]
    assert table.schema.equals(GROUPS)
    groups: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in KINDS}
    for row in table.to_pylist():
        groups[row.pop("kind")].append(tuple(row.values()))
    assert groups["product"] == [
        ("bag", 0, "Bags", 2, 2, 20.0),
        ("bag", 1, "Bags", 2, 2, 32.0),
        ("mug", 0, "mug", 2, 2, 20.0),
        ("mug", 1, "mug", 1, 1, 5.0),  # of the other, whose next month is running, not yet
    ]
    assert groups["channel"] == [
        ("", 0, "", 1, 1, 10.0),
        ("", 1, "", 1, 1, 5.0),
        ("shop", 0, "shop", 1, 1, 10.0),
        ("shop", 1, "shop", 1, 1, 30.0),  # where the first order came from, not the later ones
        ("web", 0, "web", 2, 2, 20.0),
        ("web", 1, "web", 1, 1, 2.0),
    ]
    sizes = {cohort: customers for cohort, age, _, customers, *_ in groups["country"] if not age}
    assert sizes == {OTHERS: 1, "BR": 1, "PT": 2}  # where most was bought, as the feature has it


def test_each_customer_has_how_they_began_and_the_months_of_their_orders(engine: Engine) -> None:
    later = [sale("5", at("2011-04-01"), customer_id="c", product_id="red")]
    starts = follow(engine, [*BEGUN, *later], as_of=dt.date(2011, 4, 5))[2]
    assert starts.schema.equals(STARTS)
    assert [tuple(row.values()) for row in starts.to_pylist()] == [
        ("a", "bag", "shop", "110"),
        ("b", "bag", "web", "110"),
        ("c", "mug", None, "101"),
        ("d", "mug", "web", "10"),
        ("old", "mug", "shop", "1000"),
    ]
    assert follow(engine, ROWS)[2].to_pydict() == {
        "customer_id": ["a", "b", "c"],
        "first_product": ["p", "p", "p"],
        "first_channel": [None] * 3,
        "order_months": ["101", "100", "10"],  # what is returned or a fee is no order
    }


def test_the_customers_of_each_cell_can_be_counted_by_how_they_began(duckdb: Engine) -> None:
    months, groups, starts = follow(duckdb, BEGUN, as_of=dt.date(2011, 4, 5))
    people = starts.to_pylist()
    first = {"old": JANUARY, "d": MARCH}
    shown = {"a": "PT", "b": "BR", "c": "PT"}
    for row in people:
        row |= {"month": first.get(row["customer_id"], FEBRUARY)}
        row |= {"product": row["first_product"], "channel": row["first_channel"] or OTHERS}
        row |= {"country": shown.get(row["customer_id"], OTHERS)}
    for cell in groups.to_pylist():
        ordered = [
            row
            for row in people
            if row[cell["kind"]] == cell["cohort"]
            and row["month"] > JANUARY
            and row["order_months"][cell["age_months"] :].startswith("1")
            and row["month"].month + cell["age_months"] < 4
        ]
        assert len(ordered) == cell["active"], cell
    for cell in months.to_pylist():
        age = cell["month"].month - cell["cohort"].month
        begun = [row["order_months"] for row in people if row["month"] == cell["cohort"]]
        assert sum(digits[age] == "1" for digits in begun) == cell["active"], cell


def test_groups_hold_the_people_of_the_months(duckdb: Engine) -> None:
    months, groups, _ = follow(duckdb, BEGUN, as_of=dt.date(2011, 4, 5))
    counts: Counter[tuple[str, int]] = Counter()
    for row in groups.to_pylist():
        counts[row["kind"], row["age_months"]] += row["active"]
    told = [row for row in months.to_pylist() if row["cohort"] > JANUARY]
    begun_then = sum(row["active"] for row in told if row["month"] == row["cohort"])
    returned = sum(row["active"] for row in told if row["cohort"] < row["month"] <= MARCH)
    assert counts == {(kind, 0): begun_then for kind in KINDS} | {
        (kind, 1): returned for kind in KINDS
    }


def test_what_no_line_names_makes_no_groups(duckdb: Engine) -> None:
    groups = follow(duckdb, [*ROWS, sale("8", at("2011-02-09"), customer_id="d")])[1]
    assert groups.num_rows == 0


def test_rare_groups_are_one(duckdb: Engine) -> None:
    rows = [
        row
        for number in range(MOST_GROUPS + 3)
        for row in begun(f"{number:02}", f"2011-02-{number + 1:02}", "red", country=f"{number:02}")
    ]
    groups = follow(duckdb, [*ROWS, *rows])[1].to_pylist()
    sizes = {row["cohort"]: row["customers"] for row in groups if row["kind"] == "country"}
    assert len(sizes) == MOST_GROUPS + 1
    assert sizes[OTHERS] == 3 + 1  # and one of ROWS, of no country

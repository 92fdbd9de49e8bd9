"""Which products go together: a basket table counted by hand, on every engine."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.features import affinity as module
from clientela.features.affinity import PAIRS, learn_affinity
from clientela.features.history import History
from clientela.features.product_families import ProductFamilies, learn_families
from clientela.features.product_ranking import rank_products
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, sale, transactions

FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)

BASKETS = {
    "o1": ("a", "tea cup"),
    "o2": ("a", "tea cup"),
    "o3": ("b", "tea cup saucer"),
    "o4": ("b", "tea"),
    "o5": ("b", "saucer"),
}


def lines(baskets: dict[str, tuple[str, str]] = BASKETS) -> list[Row]:
    return [
        sale(
            "2",
            at("2011-03-01"),
            customer_id=customer,
            order_id=order,
            product_id=product,
            description=product.upper(),
        )
        for order, (customer, basket) in baskets.items()
        for product in basket.split()
    ]


def history(
    engine: Engine, rows: Sequence[Row], groups: Sequence[Sequence[str]] = (("all",),)
) -> History:
    def read(group: Sequence[str]) -> Tables:
        mine = [row for row in rows if "all" in group or row["customer_id"] in group]
        return Tables(engine.from_arrow(transactions(mine)))

    return History(engine, read, groups, FIRST, AS_OF)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pairs of a handful of orders count."""
    monkeypatch.setattr(module, "LEAST_ORDERS", 1)


def row_of(rows: list[dict[str, Any]], first: str, second: str) -> dict[str, Any]:
    found = [row for row in rows if (row["first"], row["second"]) == (first, second)]
    assert len(found) == 1
    return found[0]


@pytest.mark.usefixtures("few")
def test_support_confidence_and_lift_are_those_counted_by_hand(engine: Engine) -> None:
    """Of five orders four hold tea, three a cup, three both: lift 3 x 5 / (4 x 3)."""
    pairs, families = learn_affinity(history(engine, lines()))
    assert pairs.schema.equals(PAIRS)
    rows = pairs.to_pylist()
    pair = row_of(rows, "tea", "cup")
    assert (pair["orders"], pair["support"], pair["confidence"], pair["lift"]) == (
        3,
        3 / 5,
        3 / 4,
        15 / 12,
    )
    assert row_of(rows, "cup", "tea")["confidence"] == 1.0
    assert families.names["saucer"] == "SAUCER"
    # the saucer goes with tea in 1 of 5 orders, less than chance
    assert {tuple(sorted((row["first"], row["second"]))) for row in rows} == {("cup", "tea")}


@pytest.mark.usefixtures("few")
def test_counts_of_groups_of_buckets_add_up(duckdb: Engine) -> None:
    pairs, families = learn_affinity(history(duckdb, lines()))
    parts = learn_affinity(history(duckdb, lines(), [("a",), ("b",)]))
    assert parts[0].equals(pairs)
    assert parts[1] == families


@pytest.mark.usefixtures("few")
def test_fees_returns_and_the_future_are_no_purchases(duckdb: Engine) -> None:
    more = [
        sale("1", at("2011-03-01"), customer_id="b", order_id="o5", product_id="tea", kind="fee"),
        sale("1", at("2012-01-01"), customer_id="b", order_id="o5", product_id="tea"),
    ]
    expected, _ = learn_affinity(history(duckdb, lines()))
    assert learn_affinity(history(duckdb, lines() + more))[0].equals(expected)


@pytest.mark.usefixtures("few")
def test_a_product_twice_in_an_order_counts_once(duckdb: Engine) -> None:
    expected, _ = learn_affinity(history(duckdb, lines()))
    assert learn_affinity(history(duckdb, lines() * 2))[0].equals(expected)


@pytest.mark.usefixtures("few")
def test_orders_numbered_anew_for_each_customer_are_different_orders(duckdb: Engine) -> None:
    again = [
        {**row, "order_id": row["order_id"].translate(str.maketrans("345", "123"))}
        for row in lines()
    ]
    assert learn_affinity(history(duckdb, again)) == learn_affinity(history(duckdb, lines()))


def test_rare_pairs_and_lines_without_product_give_none(duckdb: Engine) -> None:
    assert learn_affinity(history(duckdb, lines()))[0].num_rows == 0
    nameless = [row | {"product_id": None} for row in lines()]
    pairs, families = learn_affinity(history(duckdb, nameless))
    assert (pairs.num_rows, families.names) == (0, {})


def test_only_the_most_frequent_products_enter(
    duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PRODUCTS", 2)
    monkeypatch.setattr(module, "LEAST_ORDERS", 1)
    pairs = learn_affinity(history(duckdb, lines()))[0]
    assert set(pairs["first"].to_pylist()) == {"tea", "cup"}


def test_buyers_know_their_first_day_and_their_orders(engine: Engine) -> None:
    rows = [
        sale("1.10", at("2011-12-01"), customer_id="b", order_id="1", product_id="tea"),
        sale("2.20", at("2011-12-30"), customer_id="b", order_id="2", product_id="tea"),
        sale("9", at("2012-01-02"), customer_id="b", order_id="3", product_id="tea"),
        sale("7", at("2011-12-31"), customer_id="a", order_id="4", product_id="cup"),
        sale("7", at("2011-12-31"), customer_id="a", order_id="4", product_id="jug"),
    ]
    families = ProductFamilies({"tea": "hot", "cup": "ware"}, {"hot": "Hot", "ware": "Ware"}, {})
    past = history(engine, rows, [("a",), ("b",)])
    _, found = rank_products(past, families, pa.array([], pa.string()), ["hot", "ware"])
    assert found.sort_by("family").to_pylist() == [
        {"customer_id": "b", "family": "hot", "first_age_days": 30, "amount": 3.3, "orders": 2},
        {"customer_id": "a", "family": "ware", "first_age_days": 0, "amount": 7.0, "orders": 1},
    ]


def test_variants_are_a_family_and_a_pattern_is_none() -> None:
    """Lunch bags are bought together; what is printed alike is not."""
    names = {
        "1": "LUNCH BAG RED RETROSPOT",
        "2": "LUNCH BAG PINK POLKADOT",
        "3": "RETROSPOT TEA SET",
        "4": "small lunch bag",
        "5": "MUG",
    }
    ties = {("1", "2"): 0.4, ("1", "3"): 0.1, ("2", "3"): 0.1, ("3", "5"): 0.2}
    orders = {"1": 5, "2": 9, "3": 3, "4": 1, "5": 2}
    found = learn_families(names, ties, orders)
    assert found.family_of == {"1": "2", "2": "2", "3": "3", "4": "2", "5": "5"}
    assert found.names == {"2": "LUNCH BAG", "3": "RETROSPOT TEA SET", "5": "MUG"}
    assert found.sizes == {"2": 3, "3": 1, "5": 1}

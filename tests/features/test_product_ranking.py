"""Product families ranked: a handful of orders counted by hand."""

import json
from typing import Any

import pyarrow as pa

from clientela.engine import Engine
from clientela.features.product_families import ProductFamilies
from clientela.features.product_ranking import rank_products
from tests.features.rows import at, sale
from tests.features.test_affinity import history

FAMILIES = ProductFamilies(
    {"bag1": "bag1", "bag2": "bag1", "cup": "cup"},
    {"bag1": "BAG", "cup": "CUP"},
    {"bag1": 2, "cup": 1},
)
ORDERS = {  # order: customer, day, products
    "o1": ("a", "2011-03-01", "bag1 cup"),
    "o2": ("a", "2011-04-01", "bag2"),
    "o3": ("b", "2011-03-01", "cup"),
    "o4": ("c", "2011-03-01", "bag1 bag2"),
    "o5": ("c", "2012-02-01", "bag1"),  # after the last day
}


def rank(engine: Engine, groups: Any = (("all",),)) -> list[dict[str, Any]]:
    lines = [
        sale("2", at(day), customer_id=customer, order_id=order, product_id=product)
        for order, (customer, day, basket) in ORDERS.items()
        for product in basket.split()
    ]
    lines.append(
        sale("9", at("2011-03-01"), customer_id="b", order_id="x", product_id="cup", kind="return")
    )
    found, _ = rank_products(history(engine, lines, groups), FAMILIES, pa.array(["a"]))
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def test_buyers_and_beginnings_are_those_counted_by_hand(duckdb: Engine) -> None:
    bag, cup = rank(duckdb)
    assert (bag["name"], bag["variants"], json.loads(bag["product_ids"])) == (
        "BAG",
        2,
        ["bag1", "bag2"],
    )
    assert (bag["revenue"], bag["revenue_share"]) == (8.0, 8 / 12)
    assert (bag["customers"], bag["orders"], bag["repeat_share"]) == (2, 3, 1 / 2)
    assert (bag["first_customers"], bag["first_returned_share"], bag["insiders"]) == (2, 1 / 2, 1)
    assert (cup["customers"], cup["repeat_share"], cup["first_returned_share"]) == (2, 0.0, 1 / 2)


def test_a_product_of_no_family_is_one_of_its_own(duckdb: Engine) -> None:
    """Families are learnt of a sample and kept: what was never seen there brings money too."""
    rows = [
        sale("2", at("2011-03-01"), customer_id="a", order_id="o1", product_id=product)
        for product in ("cup", "new")
    ]
    found, _ = rank_products(history(duckdb, rows), FAMILIES, pa.array([], pa.string()))
    named = {row["family"]: row for row in found.to_pylist()}
    assert (named["new"]["name"], named["new"]["variants"]) == ("new", 1)
    assert json.loads(named["new"]["product_ids"]) == ["new"]
    assert named["cup"]["revenue_share"] == named["new"]["revenue_share"] == 1 / 2


def test_groups_of_buckets_add_up_and_no_products_give_none(duckdb: Engine) -> None:
    assert rank(duckdb, [("a",), ("b", "c")]) == rank(duckdb)
    nothing, _ = rank_products(
        history(duckdb, []), ProductFamilies({}, {}, {}), pa.array([], pa.string())
    )
    assert nothing.num_rows == 0

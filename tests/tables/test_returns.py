"""Returns find their purchases; a brute-force matcher agrees."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.engine import Engine, connect
from clientela.tables.returns import linked
from tests.tables.lines import NOON, canonical, line


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = connect()
    yield engine
    engine.close()


def links(engine: Engine, *rows: dict[str, Any]) -> list[str | None]:
    table = canonical(*rows)
    lines = engine.from_arrow(table)
    result = linked(lines.filter(lines.kind == "sale"), lines.filter(lines.kind == "return"))
    found = {(r["line_key"], r["line_no"]): r for r in engine.to_arrow(result).to_pylist()}
    returns = [row for row in table.to_pylist() if row["kind"] == "return"]
    assert len(found) == len(returns)
    return [found[row["line_key"], row["line_no"]]["returns_order_id"] for row in returns]


def sale(order: str, day: int = 0, units: int = 5, **given: Any) -> dict[str, Any]:
    when = NOON + dt.timedelta(days=day)
    return line(order_id=order, ordered_local=when, quantity=Decimal(units), **given)


def back(order: str, day: int = 1, units: int = 5, **given: Any) -> dict[str, Any]:
    return sale(order, day, -units, **given)


def test_a_return_is_linked_to_its_purchase(engine: Engine) -> None:
    assert links(engine, sale("A"), back("C")) == ["A"]


def test_the_latest_earlier_purchase_is_taken(engine: Engine) -> None:
    assert links(engine, sale("A", 0), sale("B", 1), sale("D", 9), back("C", 3)) == ["B"]


def test_the_same_price_goes_before_a_later_purchase(engine: Engine) -> None:
    assert links(engine, sale("A", 0), sale("B", 1, unit_price=Decimal(9)), back("C", 3)) == ["A"]


@pytest.mark.parametrize(
    "purchase",
    [
        sale("A", 2),
        sale("A", units=4),
        sale("A", product_id="q"),
        sale("A", customer_id="2"),
        sale("A", customer_id=None),
    ],
    ids=["later", "fewer units", "other product", "other customer", "nobody"],
)
def test_a_purchase_that_does_not_fit_is_not_linked(
    engine: Engine, purchase: dict[str, Any]
) -> None:
    assert links(engine, purchase, back("C")) == [None]


def test_no_more_is_given_back_than_was_bought(engine: Engine) -> None:
    rows = [sale("A", units=5), back("C1", 1, 3), back("C2", 2, 2), back("C3", 3, 1)]
    assert links(engine, *rows) == ["A", "A", None]


def test_without_products_only_the_same_price_matches(engine: Engine) -> None:
    give = back("C", product_id=None)
    assert links(engine, sale("A", product_id=None), give) == ["A"]
    assert links(engine, sale("A", product_id=None, unit_price=Decimal(4)), give) == [None]


def brute_force(table: pa.Table) -> dict[tuple[str, int], str | None]:
    """Match as the docstring of the module says, one return at a time."""
    rows = table.to_pylist()
    sales = [row for row in rows if row["kind"] == "sale"]
    nearest: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    for give in (row for row in rows if row["kind"] == "return"):
        fits = [
            sold
            for sold in sales
            if sold["customer_id"] == give["customer_id"] is not None
            and sold["product_id"] == give["product_id"]
            and sold["ordered_at"] <= give["ordered_at"]
            and sold["quantity"] >= -give["quantity"]
        ]
        fits.sort(key=lambda sold: (sold["line_key"], sold["line_no"]))
        fits.sort(key=lambda sold: sold["order_id"], reverse=True)
        fits.sort(key=lambda sold: sold["ordered_at"], reverse=True)
        fits.sort(key=lambda sold: sold["unit_price"] != give["unit_price"])
        nearest.append((give, fits[0] if fits else None))
    nearest.sort(key=lambda pair: (pair[0]["ordered_at"], pair[0]["line_key"], pair[0]["line_no"]))
    taken: dict[tuple[str, int], Decimal] = {}
    result: dict[tuple[str, int], str | None] = {}
    for give, sold in nearest:
        key = (give["line_key"], give["line_no"])
        result[key] = None
        if sold is None:
            continue
        sold_key = (sold["line_key"], sold["line_no"])
        taken[sold_key] = taken.get(sold_key, Decimal(0)) - give["quantity"]
        if taken[sold_key] <= sold["quantity"]:
            result[key] = sold["order_id"]
    return result


some_line = st.builds(
    lambda customer, product, units, price, day, order: line(
        customer_id=customer,
        product_id=product,
        quantity=Decimal(units),
        unit_price=Decimal(price),
        ordered_local=NOON + dt.timedelta(days=day),
        order_id=order,
    ),
    st.sampled_from(["1", "2", None]),
    st.sampled_from(["p", "q"]),
    st.sampled_from([-3, -2, -1, 1, 2, 3, 5]),
    st.integers(1, 2),
    st.integers(0, 5),
    st.sampled_from(["A", "B", "C"]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(some_line, min_size=1, max_size=14))
def test_a_brute_force_matcher_agrees(engine: Engine, rows: list[dict[str, Any]]) -> None:
    table = canonical(*rows)
    lines = engine.from_arrow(table)
    result = linked(lines.filter(lines.kind == "sale"), lines.filter(lines.kind == "return"))
    found = {
        (row["line_key"], row["line_no"]): row["returns_order_id"]
        for row in engine.to_arrow(result).to_pylist()
    }
    assert found == brute_force(table)

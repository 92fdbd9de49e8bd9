"""Returns find their purchases; a brute-force matcher agrees."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.engine import Engine
from clientela.tables.returns import link_returns
from tests.tables.lines import NOON, canonical, line


@pytest.fixture(scope="module")
def engine(duckdb: Engine) -> Engine:
    return duckdb


def links(engine: Engine, *rows: dict[str, Any]) -> list[str | None]:
    table = canonical(*rows)
    lines = engine.from_arrow(table)
    result = link_returns(
        engine, lines.filter(lines.kind == "sale"), lines.filter(lines.kind == "return")
    )
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


def test_a_return_whose_first_choice_is_used_up_takes_the_next(engine: Engine) -> None:
    rows = [sale("A", 0), sale("B", 1), back("C1", 2), back("C2", 3), back("C3", 4)]
    assert links(engine, *rows) == ["B", "A", None]


def test_an_order_of_two_lines_takes_back_both_at_once(engine: Engine) -> None:
    assert links(engine, sale("A", units=3), sale("A", units=3), back("C", units=6)) == ["A"]


def test_a_return_too_large_takes_nothing_from_a_smaller_one(engine: Engine) -> None:
    rows = [sale("A", 0, 10), back("C1", 1, 8), back("C2", 2, 5), back("C3", 3, 2)]
    assert links(engine, *rows) == ["A", None, "A"]


def test_without_products_only_the_same_price_matches(engine: Engine) -> None:
    give = back("C", product_id=None)
    assert links(engine, sale("A", product_id=None), give) == ["A"]
    assert links(engine, sale("A", product_id=None, unit_price=Decimal(4)), give) == [None]


def brute_force(table: pa.Table) -> dict[tuple[str, int], str | None]:
    """Match as the docstring of the module says, one return and one order at a time."""
    rows = table.to_pylist()
    returns = [row for row in rows if row["kind"] == "return"]
    returns.sort(key=lambda row: (row["ordered_at"], row["line_key"], row["line_no"]))
    given: dict[tuple[str, str, str], Decimal] = {}
    result: dict[tuple[str, int], str | None] = {}
    for back in returns:
        best: tuple[Any, ...] | None = None
        for order in {row["order_id"] for row in rows if row["kind"] == "sale"}:
            lines = [
                row
                for row in rows
                if row["kind"] == "sale"
                and row["order_id"] == order
                and row["customer_id"] == back["customer_id"] is not None
                and row["product_id"] == back["product_id"]
            ]
            if not lines or min(row["ordered_at"] for row in lines) > back["ordered_at"]:
                continue
            spent = given.get((back["customer_id"], back["product_id"], order), Decimal(0))
            if sum(row["quantity"] for row in lines) - spent < -back["quantity"]:
                continue
            prices = [row["unit_price"] for row in lines]
            same = min(prices) <= back["unit_price"] <= max(prices)
            own = order == back["order_id"]
            rank = (own, same, min(row["ordered_at"] for row in lines), order)
            best = rank if best is None else max(best, rank)
        result[back["line_key"], back["line_no"]] = best[-1] if best else None
        if best:
            key = (back["customer_id"], back["product_id"], best[-1])
            given[key] = given.get(key, Decimal(0)) - back["quantity"]
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


@pytest.mark.slow
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(some_line, min_size=1, max_size=14))
def test_a_brute_force_matcher_agrees(engine: Engine, rows: list[dict[str, Any]]) -> None:
    table = canonical(*rows)
    lines = engine.from_arrow(table)
    result = link_returns(
        engine, lines.filter(lines.kind == "sale"), lines.filter(lines.kind == "return")
    )
    found = {
        (row["line_key"], row["line_no"]): row["returns_order_id"]
        for row in engine.to_arrow(result).to_pylist()
    }
    assert found == brute_force(table)

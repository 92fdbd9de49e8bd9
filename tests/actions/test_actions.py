"""Actions per segment: audiences and money counted by hand, and shops in which none apply."""

import json
from typing import Any

import pytest

from clientela.actions import ACTIONS, recommend_actions
from clientela.engine import Engine
from clientela.features import affinity
from tests.actions.shop import base, history
from tests.features.rows import Row, at, given_back, sale


def rows_of(engine: Engine, rows: list[Row], segment: list[int]) -> list[dict[str, Any]]:
    found = recommend_actions(base(history(engine, rows), segment))
    assert found.schema.equals(ACTIONS)
    listed: list[dict[str, Any]] = found.to_pylist()
    for row in listed:
        assert row["audience"] >= 5
        assert row["amount_at_stake"] > 0
        texts = [value for key, value in row.items() if key.endswith(("_en", "_pt_br"))]
        assert all(texts)
        assert not any("{" in text for text in texts)
    return listed


def one(rows: list[dict[str, Any]], action: str, segment: int = 1) -> dict[str, Any]:
    found = [row for row in rows if (row["action"], row["segment"]) == (action, segment)]
    assert len(found) == 1
    return found[0]


def order(customer: int, day: str, amount: str, product: str = "p", **more: Any) -> Row:
    given = {"customer_id": f"c{customer:02d}", "order_id": f"{customer} {day}"}
    return sale(amount, at(day), product_id=product, description=product.upper(), **given, **more)


def test_win_back_counts_the_year_up_to_the_last_order(engine: Engine) -> None:
    """Six come back every 10 days and stayed away since March; six are still there."""
    rows = [order(c, day, "10") for c in range(6) for day in ("2011-03-01", "2011-03-11")]
    rows += [order(c, "2010-03-11", "99") for c in range(1)]  # exactly 365 days before its last
    rows += [order(c, day, "10") for c in range(6, 12) for day in ("2011-12-20", "2011-12-30")]
    row = one(rows_of(engine, rows, [1] * 12), "win_back")
    assert row["audience"] == 6
    assert row["amount_at_stake"] == 120.0
    assert row["position"] == 1
    assert "not what will return" in row["text_en"]
    assert "segment:1" in row["measure_pt_br"]


def test_basket_counts_the_way_up_to_the_median(engine: Engine) -> None:
    """Five order for 10, one for 20, five for 30: the median is 20, five miss 10 in each of two."""
    rows = [order(c, day, "10") for c in range(5) for day in ("2011-12-01", "2011-12-11")]
    rows += [order(5, "2011-12-01", "20")]
    rows += [order(c, "2011-12-01", "30") for c in range(6, 11)]
    row = one(rows_of(engine, rows, [1] * 11), "basket")
    assert (row["audience"], row["amount_at_stake"]) == (5, 100.0)
    assert json.loads(row["detail"])["median_order_value"] == 20.0


def test_variety_looks_at_the_segment_next_above(engine: Engine) -> None:
    """Segment 1 buys one product for 8, segment 2 three for more."""
    rows = [order(c, "2011-12-01", "8") for c in range(6)]
    rows += [order(c, "2011-12-01", "9", p) for c in range(6, 12) for p in ("p", "q", "r")]
    found = rows_of(engine, rows, [1] * 6 + [2] * 6)
    row = one(found, "variety")
    assert (row["audience"], row["amount_at_stake"]) == (6, 48.0)
    assert "“S2”" in row["text_en"]
    assert "“G2”" in row["text_pt_br"]
    assert [each for each in found if each["action"] == "variety"] == [row]


def test_returns_address_those_who_return_most(engine: Engine) -> None:
    rows = [order(c, "2011-12-01", "100") for c in range(12)]
    for c in range(12):
        back = "50" if c < 6 else "1"
        rows.append(given_back(back, at("2011-12-05"), customer_id=f"c{c:02d}", order_id=f"r{c}"))
    row = one(rows_of(engine, rows, [1] * 12), "returns")
    assert (row["audience"], row["amount_at_stake"]) == (6, 300.0)
    assert "£50.00 of it from one customer" in row["text_en"]


def test_cross_sell_is_priced_by_those_who_came_back_for_the_second(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five bought tea and later tea with a cup for 7; five more have tea alone: 5 x 5/10 x 7."""
    monkeypatch.setattr(affinity, "LEAST_ORDERS", 5)
    rows = [order(c, "2011-11-01", "3", "tea") for c in range(10)]
    rows += [order(c, "2011-12-01", "3", "tea") for c in range(5)]
    rows += [order(c, "2011-12-01", "7", "cup") for c in range(5)]
    rows += [order(c, "2011-12-01", "1", "jug") for c in range(10, 15)]
    row = one(rows_of(engine, rows, [1] * 15), "cross_sell")
    assert (row["audience"], row["amount_at_stake"]) == (5, 17.5)
    assert row["title_pt_br"] == "Oferecer “CUP” a quem comprou “TEA”"
    (pair,) = json.loads(row["detail"])["pairs"]
    assert (pair["first_name"], pair["second_name"], pair["orders"]) == ("TEA", "CUP", 5)
    assert (pair["bought_first_alone"], pair["came_back_for_second"]) == (10, 5)
    assert pair["lift"] == pytest.approx(5 * 20 / (15 * 5))


def test_positions_follow_the_money(engine: Engine) -> None:
    rows = [order(c, "2011-03-01", "10") for c in range(12)]
    rows += [order(c, "2011-03-11", str(10 + c)) for c in range(12)]
    rows += [order(c, "2011-12-11", str(10 + c)) for c in range(6)]
    found = rows_of(engine, rows, [1, 2] * 6)
    for segment in (1, 2):
        mine = [row for row in found if row["segment"] == segment]
        amounts = [row["amount_at_stake"] for row in mine]
        assert amounts == sorted(amounts, reverse=True)
        assert [row["position"] for row in mine] == list(range(1, len(mine) + 1))


@pytest.mark.parametrize(
    "rows",
    [
        [order(c, "2011-12-01", "10") for c in range(3)],
        [order(c, "2011-12-01", "10") for c in range(20)],
        [
            order(c, "2011-12-01", "10", more) | {"product_id": None}
            for c in range(9)
            for more in "p"
        ],
        [
            *(order(c, "2011-12-01", "10") for c in range(7)),
            *(
                given_back("30", at("2011-12-02"), customer_id=f"c{c:02d}", order_id=f"r{c}")
                for c in range(7)
            ),
        ],
    ],
    ids=["three customers", "all alike", "no product", "net negative"],
)
def test_poor_shops_have_few_actions_and_no_fault(engine: Engine, rows: list[Row]) -> None:
    customers = len({row["customer_id"] for row in rows})
    found = rows_of(engine, rows, [1] * customers)
    assert {row["action"] for row in found} <= {"returns"}

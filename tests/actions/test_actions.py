"""Actions: audiences and money counted by hand, and shops in which none apply."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clientela.actions import ACTIONS, ActionInputs, recommend_actions
from clientela.engine import Engine
from clientela.features import affinity
from tests.actions.shop import base, history
from tests.features.rows import Row, at, given_back, sale


def rows_of(inputs: ActionInputs) -> list[dict[str, Any]]:
    found, customers = recommend_actions(inputs)
    assert found.schema.equals(ACTIONS)
    listed: list[dict[str, Any]] = found.to_pylist()
    assert [row["position"] for row in listed] == list(range(1, len(listed) + 1))
    addressed = [json.loads(names) for names in customers["actions"].to_pylist() if names]
    for row in listed:
        assert row["audience"] >= 5
        assert row["audience"] == sum(row["action_id"] in names for names in addressed)
        texts = [value for key, value in row.items() if key.endswith(("_en", "_pt_br"))]
        assert all(texts)
        assert not any("{" in text for text in texts)
    return listed


def one(rows: list[dict[str, Any]], action_id: str) -> dict[str, Any]:
    found = [row for row in rows if row["action_id"] == action_id]
    assert len(found) == 1
    return found[0]


def order(customer: int, day: str, amount: str, product: str = "p", **more: Any) -> Row:
    given = {"customer_id": f"c{customer:02d}", "order_id": f"{customer} {day}"}
    return sale(amount, at(day), product_id=product, description=product.upper(), **given, **more)


def lapsed() -> list[Row]:
    """Six of eight away since March came back by November for 30 each; six more lapsed in August.

    Twelve more buy every ten days all year.
    """
    rows = [order(c, day, "10") for c in range(8) for day in ("2011-03-01", "2011-03-11")]
    rows += [order(c, "2011-11-20", "30") for c in range(6)]
    rows += [order(c, day, "10") for c in range(8, 14) for day in ("2011-07-22", "2011-08-01")]
    everyone = [f"2011-{month:02d}-{day}" for month in range(3, 13) for day in (10, 20)]
    return rows + [order(c, day, "10") for c in range(14, 26) for day in everyone]


def test_an_upside_is_what_people_of_the_same_start_gained(engine: Engine) -> None:
    """Of 8 lapsed 90 days ago 6 came back, 30 each; as many of 6 lapsed now would bring 135."""
    row = one(rows_of(base(history(engine, lapsed()), [1] * 26)), "win-back-1")
    assert (row["audience"], row["peers"], row["peers_reached"]) == (6, 8, 6)
    assert row["upside"] == pytest.approx(6 * 6 * 30 / 8)
    assert row["buyers_share"] == 6 / 8
    assert row["smallest_buyers_share"] is None  # of six customers no experiment shows anything
    assert "6 (75.0%) came back by themselves and spent £30.00 each" in row["text_en"]
    assert "--group action:win-back-1" in row["measure_pt_br"]


def test_margin_reach_and_wishes_change_an_upside(engine: Engine) -> None:
    """Two away since March, and three for years, are farther than those who came back had been."""
    rows = lapsed() + [order(c, "2010-01-01", "500") for c in range(26, 29)]
    inputs = base(history(engine, rows), [1] * 29, unreachable=pa.array(["c08"]))
    inputs = replace(inputs, margin=np.full(29, 0.4))
    row = one(rows_of(inputs), "win-back-1")
    addressed = {
        row["customer_id"]
        for row in recommend_actions(inputs)[1].to_pylist()
        if row["actions"] and "win-back-1" in row["actions"]
    }
    assert addressed == {"c09", "c10", "c11", "c12", "c13"}
    assert row["upside"] == pytest.approx(0.4 * 5 * 6 * 30 / 8)
    assert "gross profit" in row["text_en"]
    assert "lucro bruto" in row["text_pt_br"]


def test_a_short_history_has_stakes_and_no_upside(engine: Engine) -> None:
    rows = [order(c, "2011-12-01", "10") for c in range(5)]
    rows += [order(5, "2011-12-01", "20")]
    rows += [order(c, "2011-12-01", "30") for c in range(6, 11)]
    row = one(rows_of(base(history(engine, rows), [1] * 11)), "basket-1")
    assert (row["audience"], row["amount_at_stake"], row["upside"]) == (5, 50.0, None)
    assert "No past period shows how many" in row["text_en"]


def test_variety_looks_at_the_segment_next_above(engine: Engine) -> None:
    """Segment 1 buys one product for 8, segment 2 three for more."""
    rows = [order(c, "2011-12-01", "8") for c in range(6)]
    rows += [order(c, "2011-12-01", "9", p) for c in range(6, 12) for p in ("p", "q", "r")]
    found = rows_of(base(history(engine, rows), [1] * 6 + [2] * 6))
    row = one(found, "variety-1")
    assert (row["audience"], row["amount_at_stake"]) == (6, 48.0)
    assert "“S2”" in row["text_en"]
    assert "“G2”" in row["text_pt_br"]
    assert [each for each in found if each["action"] == "variety"] == [row]


def test_an_order_cancelled_on_its_day_is_neither_return_nor_order(engine: Engine) -> None:
    """Six return 50 of 100 days later; one orders 9,000 by mistake and cancels it at once."""
    rows = [order(c, "2011-12-01", "100") for c in range(12)]
    for c in range(12):
        back = "50" if c < 6 else "1"
        rows.append(given_back(back, at("2011-12-05"), customer_id=f"c{c:02d}", order_id=f"r{c}"))
    rows += [order(11, "2011-12-07", "9000", "q")]
    cancelled = {"customer_id": "c11", "order_id": "x", "returns_order_id": "11 2011-12-07"}
    rows += [given_back("9000", at("2011-12-07"), product_id="q", **cancelled)]
    inputs = base(history(engine, rows), [1] * 12)
    row = one(rows_of(inputs), "returns-1")
    assert (row["audience"], row["amount_at_stake"]) == (6, 300.0)
    assert "£50.00 of it from one customer" in row["text_en"]
    assert inputs.today.columns["average_order_value"][11] == 100.0


def test_cross_sell_is_priced_by_those_who_bought_the_second_since(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten had tea alone 90 days ago; five bought a cup since, for 7: ten more would bring 35."""
    monkeypatch.setattr(affinity, "LEAST_ORDERS", 5)
    rows = [order(c, "2011-05-01", "3", "tea") for c in range(10)]
    rows += [order(c, "2011-12-01", "3", "tea") for c in range(5)]
    rows += [order(c, "2011-12-01", "7", "cup") for c in range(5)]
    rows += [order(c, "2011-12-01", "1", "jug") for c in range(10, 25)]
    found = rows_of(base(history(engine, rows), [1] * 25))
    row = one(found, "cross-sell-1")
    assert (row["audience"], row["upside"]) == (5, 5 * 5 / 10 * 7)
    assert row["title_pt_br"] == "Oferecer “CUP” a quem comprou “TEA”"
    (pair,) = json.loads(row["detail"])["pairs"]
    assert (pair["first_name"], pair["second_name"], pair["orders"]) == ("TEA", "CUP", 5)
    assert (pair["bought_first_alone"], pair["came_for_second"]) == (10, 5)
    assert [each["action_id"] for each in found if each["action"] == "cross_sell"] == [
        "cross-sell-1"
    ]


def test_groups_of_the_programme_have_actions_of_their_own(engine: Engine) -> None:
    days = [f"2011-{month:02d}-{day}" for month in range(3, 10) for day in ("05", "15")]
    rows = [order(c, day, "10") for c in range(30) for day in days]
    rows += [order(c, "2011-12-30", "60") for c in range(0, 30, 2)]
    status = np.array(["member"] * 12 + ["leaving"] * 6 + ["candidate"] * 12, dtype=object)
    even = np.arange(30) % 2 == 0
    inputs = base(
        history(engine, rows),
        [1] * 30,
        status=status,
        member=np.isin(status, ("member", "leaving")),
        enters=even,
        stays=even,
        loss=np.where(np.arange(30) < 8, 25.0, np.nan),
        saved_share=0.1,
    )
    found = rows_of(inputs)
    assert one(found, "reminder")["audience"] == 6  # their gap is ten days, the others bought again
    invited = one(found, "invitation")
    assert (invited["audience"], invited["peers"], invited["peers_reached"]) == (12, 12, 6)
    assert (one(found, "warning")["audience"], one(found, "warning")["upside"] or 0) >= (6, 0)
    retained = one(found, "retention")
    assert (retained["audience"], retained["amount_at_stake"]) == (8, 200.0)
    assert retained["upside"] == pytest.approx(20.0)
    assert retained["buyers_share"] == 0.5  # of those who were as silent, the even ones bought
    assert "are too few for an experiment of 90 days" in retained["measure_en"]
    spent = one(rows_of(replace(inputs, loss_judged=False)), "retention")
    assert f"together they spent £{spent['amount_at_stake']:,.0f} in" in spent["text_en"]


@pytest.mark.parametrize(
    "rows",
    [
        [order(c, "2011-12-01", "10") for c in range(3)],
        [order(c, "2011-12-01", "10") for c in range(20)],
        [order(c, "2011-12-01", "10") | {"product_id": None} for c in range(9)],
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
    found = rows_of(base(history(engine, rows), [1] * customers))
    assert {row["action"] for row in found} <= {"returns"}

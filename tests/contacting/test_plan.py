"""Whom to contact: identities of the money, and each state of what is known."""

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Economics
from clientela.contacting.plan import plan_contacts
from clientela.statistics.arrays import Doubles
from clientela.store.arrow_schemas import arrow_table

CHANCES = (0.9, 0.5, 0.1, 0.6, 1.0)
BANDS = ("high", "medium", "low", "high", "gone")
EXPECTED = (10.0, 300.0, 900.0, 80.0, 5.0)


def customers(times: int = 1) -> pa.Table:
    count = len(CHANCES) * times
    return pa.table(
        {
            "customer_id": [f"c{place}" for place in range(count)],
            "churn_probability": CHANCES * times,
            "churn_band": BANDS * times,
            "expected_revenue_churn_days": EXPECTED * times,
            "expected_revenue_long": [value * 3 for value in EXPECTED * times],
        }
    )


def curve() -> pa.Table:
    rows: list[dict[str, object]] = [
        {
            "position": place,
            "contacts": count,
            "contacts_share": count / 40,
            "at_stake": 100.0 * count,
            "at_stake_low": 80.0 * count,
            "at_stake_high": 120.0 * count,
            "chosen": False,
        }
        for place, count in enumerate((0, 2, 4, 12), start=1)
    ]
    return arrow_table("churn_contacts", rows)


def margins(table: pa.Table, margin: float = np.nan) -> Doubles:
    return np.full(len(table), margin)


@pytest.mark.parametrize("margin", [np.nan, 0.4])
def test_expected_loss_is_the_risk_times_what_who_stays_brings(margin: float) -> None:
    rows, *_ = plan_contacts(customers(), margins(customers(), margin), curve(), Economics())
    for row, chance, expected in zip(rows.to_pylist(), CHANCES[:-1], EXPECTED[:-1], strict=False):
        active, loss = row["expected_revenue_if_active"], row["expected_loss"]
        assert loss == pytest.approx(active - expected)
        assert loss == pytest.approx(chance * active)
        if np.isnan(margin):
            assert row["expected_loss_margin"] is row["clv"] is None
        else:
            assert row["expected_loss_margin"] == pytest.approx(loss * margin)
            assert row["clv"] == pytest.approx(expected * 3 * margin)
    gone = rows.to_pylist()[-1]
    assert gone["expected_loss"] is gone["contact_rank"] is None


def test_the_list_goes_by_loss_and_holds_nobody_at_low_risk() -> None:
    rows, _, facts = plan_contacts(
        customers(), margins(customers()), curve(), Economics(capacity=2)
    )
    ranks = {row["customer_id"]: row["contact_rank"] for row in rows.to_pylist()}
    assert ranks == {"c0": None, "c1": 1, "c2": None, "c3": 2, "c4": None}
    assert (facts["listed"], facts["reason"]) == (2, "capacity")


@pytest.mark.parametrize(
    ("economics", "listed", "reason"),
    [
        (Economics(), 4, "usual"),
        (Economics(capacity=7), 7, "capacity"),
        (Economics(capacity=500), 30, "capacity"),
        (Economics(gross_margin=0.5, contact_costs={"email": 1.0}, saved_share=0.1), 4, "most"),
        (Economics(gross_margin=0.5, contact_costs={"email": 10.0}, saved_share=0.1), 10, "pays"),
        (Economics(gross_margin=0.5, contact_costs={"email": 99.0}, saved_share=0.1), 0, "pays"),
        (Economics(contact_costs={"email": 10.0}, saved_share=0.1), 4, "usual"),
    ],
)
def test_what_is_known_decides_how_many(economics: Economics, listed: int, reason: str) -> None:
    table = customers(10)  # 40 scored, 30 of them at risk with losses of 300, 120 and 90
    margin = margins(table, economics.gross_margin or np.nan)
    rows, _, facts = plan_contacts(table, margin, curve(), economics)
    assert (facts["listed"], facts["reason"]) == (listed, reason)
    ranks = rows["contact_rank"].drop_null().to_pylist()
    assert sorted(ranks) == list(range(1, listed + 1))


def test_profit_needs_margin_cost_and_effect() -> None:
    whole = Economics(gross_margin=0.5, contact_costs={"sms": 1.0, "paper": 3.0}, saved_share=0.1)
    table = customers(10)
    row = plan_contacts(table, margins(table, 0.5), curve(), whole)[1].to_pylist()[2]
    assert row["profit"] == pytest.approx(400 * 0.5 * 0.1 - 4 * 1.0)
    assert row["break_even_share"] == pytest.approx(4 / (400 * 0.5))
    bare = plan_contacts(table, margins(table), curve(), Economics())[1].to_pylist()[2]
    assert bare["profit"] is None
    assert bare["break_even_share"] == pytest.approx(4 / 400)


def test_who_must_not_be_contacted_leaves_the_place_to_others() -> None:
    table, economics = customers(), Economics(capacity=2)
    rows, _, facts = plan_contacts(table, margins(table), curve(), economics, pa.array(["c1"]))
    ranks = {row["customer_id"]: row["contact_rank"] for row in rows.to_pylist()}
    assert ranks == {"c0": 2, "c1": None, "c2": None, "c3": 1, "c4": None}
    assert facts["listed"] == 2


def test_without_a_curve_nobody_is_listed() -> None:
    rows, _, facts = plan_contacts(
        customers(), margins(customers()), curve().slice(0, 0), Economics()
    )
    assert facts["listed"] == 0
    assert rows["contact_rank"].null_count == len(CHANCES)

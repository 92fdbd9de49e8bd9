"""What a programme costs, what it must achieve, and the verdict in words."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Economics, Programme, parse_settings
from clientela.errors import ConfigError
from clientela.i18n import LANGS
from clientela.insiders.fit.proof_material import ProofDate
from clientela.insiders.fit.sizes import build_sizes_table
from clientela.insiders.score.business_case import judge_case, price_case
from clientela.insiders.score.rule import ProgrammeRule
from clientela.insiders.score.thresholds import find_amount_for
from clientela.pipeline.business_case import add_tiers, count_tiers
from clientela.store.arrow_schemas import arrow_table
from tests.insiders.views import drawn

SETTINGS = Programme(sizes=(0.05, 0.2), tiers={"gold": 0.02, "silver": 0.05, "bronze": 0.1})
TODAY = drawn(1_000, seed=3)
MEMBER = TODAY.columns["revenue_365d"] >= 600.0
CONFIGURED = Economics(gross_margin=0.4, benefit_share=0.05)
BETTER = {"baseline": "revenue_365d", "low": -1.0, "high": 3.0, "better": False}
Row = dict[str, Any]


def sizes(*, past: bool = True) -> list[Row]:
    trial = ProofDate(TODAY, ProgrammeRule(()), {"members": MEMBER}, 3)
    rows: list[Row] = build_sizes_table(
        TODAY, MEMBER, [trial] if past else [], SETTINGS
    ).to_pylist()
    return rows


def customers(rows: list[Row], margin: float | None = 0.4) -> pa.Table:
    spent = TODAY.columns["revenue_365d"]
    listed = pa.table(
        {
            "status": np.where(MEMBER, "member", "candidate"),
            "tier": pa.nulls(len(spent), pa.string()),
            "revenue_365d": spent,
        }
    )
    tiered = add_tiers(listed, arrow_table("programme_case", rows))
    return pa.table(
        {
            "insider": pa.array(["member" if inside else None for inside in MEMBER]),
            "tier": tiered["tier"],
            "revenue_365d": spent,
            "expected_revenue": spent / 4,
            "gross_margin": pa.array([margin] * len(spent), pa.float64()),
        }
    )


def priced(economics: Economics = CONFIGURED) -> tuple[list[Row], list[Row]]:
    rows = sizes()
    tables = price_case(
        arrow_table("programme_case", rows), customers(rows, economics.gross_margin), economics, 90
    )
    return tables["programme_case"].to_pylist(), tables["programme_scenarios"].to_pylist()


def codes(case: list[Row], tests: list[Row], economics: Economics = CONFIGURED) -> list[str]:
    table = judge_case(
        arrow_table("programme_case", case), arrow_table("programme_tests", tests), economics
    )
    assert all(row[f"sentence_{lang.lower()}"] for row in table.to_pylist() for lang in LANGS)
    return [str(code) for code in table["code"].to_pylist()]


def test_a_threshold_is_readable_and_never_lets_in_more_than_its_share() -> None:
    for row in sizes():
        if row["option"] == "top":
            assert row["members"] == (TODAY.columns["revenue_365d"] >= row["threshold"]).sum()
            assert 0 < row["members"] <= row["customers_share"] * TODAY.customers
    assert find_amount_for(np.full(10, 50.0), 3) is None  # all alike: no amount tells them apart


def test_tiers_part_the_members_and_the_best_come_first() -> None:
    rows = [row for row in sizes() if row["option"] == "tier"]
    assert [row["tier"] for row in rows] == ["gold", "silver", "bronze"]
    assert sum(row["members"] for row in rows) == MEMBER.sum()
    assert rows[0]["threshold"] > rows[1]["threshold"]
    assert rows[0]["revenue_ratio"] > rows[2]["revenue_ratio"]
    tier_of = np.asarray(customers(sizes())["tier"].to_pylist(), dtype=object)
    for row in rows:
        spent = TODAY.columns["revenue_365d"][tier_of == row["tier"]]
        assert len(spent) == row["members"]
        assert spent.min() >= (row["threshold"] or 600.0)


def test_after_the_launch_tiers_count_those_whom_the_ledger_has_in_them() -> None:
    rows = arrow_table("programme_case", sizes())
    members = pa.table({"tier": ["gold", "bronze", "gold", None]})
    counted = {row["tier"]: row for row in count_tiers(members, rows).to_pylist() if row["tier"]}
    assert [row["members"] for row in counted.values()] == [2, 0, 1]
    assert counted["gold"]["members_share"] == pytest.approx(2 / TODAY.customers)


def test_what_came_after_past_dates_is_counted_on_those_chosen_the_same_way() -> None:
    later = TODAY.later_revenue
    assert later is not None
    rule = sizes()[0]
    assert rule["returned_share"] == pytest.approx((later[MEMBER] > 0).mean())
    ratio = later[MEMBER].mean() / later[~MEMBER].mean()
    assert rule["revenue_ratio"] == pytest.approx(ratio)
    assert sizes(past=False)[0]["returned_share"] is None


def test_the_break_even_is_where_the_result_is_zero() -> None:
    for row in priced()[0]:
        needed, expected = row["break_even_uplift"], row["expected_revenue"]
        added = row["gross_margin"] * needed * expected
        assert added == pytest.approx(row["benefit_share"] * expected * (1 + needed))
    economics = Economics(gross_margin=0.4, benefit_share=0.05, uplift_scenarios=(1 / 7,))
    assert [row["result"] for row in priced(economics)[1]] == pytest.approx([0.0] * 6)


def test_without_effect_the_benefit_on_what_comes_anyway_is_the_loss() -> None:
    case, scenarios = priced()
    for row in scenarios:
        if row["uplift"] == 0.0:
            assert row["result"] == pytest.approx(-case[row["position"] - 1]["benefit_cost"])


@pytest.mark.parametrize(
    "economics",
    [
        Economics(),
        Economics(gross_margin=0.4),
        Economics(benefit_share=0.05),
    ],
)
def test_no_profit_is_made_of_assumptions(economics: Economics) -> None:
    case, scenarios = priced(economics)
    assert {row["result"] for row in scenarios} == {None}
    assert {row["break_even_uplift"] for row in case} == {None}
    later = [row for row in scenarios if row["uplift"]]
    assert all(
        (row["break_even_benefit"] is None) == (economics.gross_margin is None) for row in later
    )
    assert all(
        (row["break_even_margin"] is None) == (economics.benefit_share is None) for row in later
    )
    assert codes(case, [BETTER], economics)[0] == "missing"


def test_what_all_members_get_is_what_their_tiers_get() -> None:
    economics = Economics(
        gross_margin=0.4, benefit_share=0.05, tier_benefits={"gold": 0.1, "bronze": 0.02}
    )
    rows, _ = priced(economics)
    (rule,) = (row for row in rows if row["option"] == "rules")
    tiers = [row for row in rows if row["option"] == "tier"]
    assert rule["benefit_cost"] == pytest.approx(sum(row["benefit_cost"] for row in tiers))
    assert rule["benefit_share"] != pytest.approx(0.05)
    assert rule["break_even_uplift"] == pytest.approx(
        rule["benefit_share"] / (0.4 - rule["benefit_share"])
    )


def test_a_tier_may_have_a_benefit_of_its_own() -> None:
    economics = Economics(gross_margin=0.4, benefit_share=0.05, tier_benefits={"gold": 0.1})
    shares = {row["tier"]: row["benefit_share"] for row in priced(economics)[0]}
    assert shares == {None: 0.05, "gold": 0.1, "silver": 0.05, "bronze": 0.05}


def test_the_verdict_of_every_state() -> None:
    (rule, *_), _ = priced()
    worse = BETTER | {"low": -9.0, "high": -2.0}
    measured = Economics(gross_margin=0.4, benefit_share=0.05, uplift_share=0.2)
    small = Economics(gross_margin=0.4, benefit_share=0.05, uplift_share=0.1)
    assert codes([rule], []) == ["depends", "unproven"]
    assert codes([rule], [BETTER]) == ["depends", "unproven", "equal"]
    assert codes([rule], [], measured) == ["pays"]
    assert codes([rule], [], small) == ["not_worth", "falls_short"]
    assert codes([rule], [worse]) == ["not_worth", "worse"]
    assert codes([rule | {"revenue_ratio": 1.2}], []) == ["not_worth", "alike"]
    assert codes([rule | {"revenue_ratio": 0.2}], []) == ["not_worth", "less"]
    assert codes([rule | {"members": 0}], []) == ["not_worth", "nobody"]
    assert codes([rule | {"benefit_share": 0.4, "break_even_uplift": None}], []) == [
        "not_worth",
        "loses",
    ]
    assert codes([rule | {"dates": 0, "revenue_ratio": None}], [])[-1] == "unjudged"


def test_tiers_of_one_share_and_benefits_of_no_tier_are_refused() -> None:
    with pytest.raises(ConfigError, match="same share"):
        parse_settings({"programme": {"tiers": {"gold": 0.1, "silver": 0.1}}})
    with pytest.raises(ConfigError, match="no such tier"):
        parse_settings({"economics": {"tier_benefits": {"gold": 0.1}}})

"""The exit rule: lower than the entry, and quick enough."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.config import Programme
from clientela.insiders.fit.exit_rule import (
    AWAY_DAYS,
    LONGEST_DAYS,
    find_longest_absence,
    iterate_exit_rules,
    judge_pairs,
    judge_rules,
    loosen_rule,
    simulate_rules,
    tune_exit,
)
from clientela.insiders.fit.learning import learn_rules
from clientela.insiders.score.membership import NEVER
from clientela.insiders.score.monthly_snapshots import STEP_DAYS, build_snapshots
from clientela.insiders.score.months import MonthViews, view_months
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from tests.insiders.shops import AS_OF, FIRST, Order, every, planted, shop
from tests.insiders.views import drawn, view

ENTRY = ProgrammeRule(
    (RuleCondition("revenue_365d", ">=", 400.0), RuleCondition("days_since_last", "<=", 60.0))
)
STOPPED = dt.date(2011, 5, 20)


def of(orders: list[Order]) -> MonthViews:
    made = shop(orders)
    return view_months(build_snapshots(made, 90), AS_OF)


def loyal_that_stop() -> list[Order]:
    crowd = [("c" + str(n), FIRST + dt.timedelta(days=3 * n), 20.0) for n in range(80)]
    faithful = [order for n in range(3) for order in every(f"f{n}", 10, 50.0)]
    return [*crowd, *faithful, *every("stops", 10, 50.0, until=STOPPED)]


@settings(deadline=None)
@given(
    st.integers(0, 10**6),
    st.floats(-3, 9).map(lambda power: 10.0**power),
    st.floats(0.01, 2),
    st.integers(1, 9),
    st.sampled_from([14.0, 30.0, 60.0, 90.0]),
)
def test_whoever_meets_the_entry_meets_the_exit(
    seed: int, scale: float, part: float, orders: int, days: float
) -> None:
    known = drawn(200, seed)
    spent = known.columns["revenue_365d"] * scale / 100
    known = replace(known, columns={**known.columns, "revenue_365d": spent})
    entry = ProgrammeRule(
        (
            RuleCondition("revenue_365d", ">=", scale * part),
            RuleCondition("orders_365d", ">=", float(orders)),
            RuleCondition("days_since_last", "<=", days),
        )
    )
    for leave in iterate_exit_rules(entry):
        assert (known.choose(leave) >= known.choose(entry)).all()
        amount, count, _ = leave.conditions
        assert 0 < amount.value < scale * part
        assert count.value >= 1


@pytest.mark.parametrize(("entry", "leave"), [(0.5, 0.32), (0.001, 0.00065), (1e9, 6.5e8)])
def test_small_amounts_are_lowered_too(entry: float, leave: float) -> None:
    found = loosen_rule(ProgrammeRule((RuleCondition("revenue_365d", ">=", entry),)), 0.65, 90)
    assert found.conditions[0].value == pytest.approx(leave, rel=0.01)


def test_every_exit_rule_bounds_the_days_without_a_purchase() -> None:
    learnt = tune_exit(of(loyal_that_stop()), [ENTRY], grace_days=30, budget=0.2)
    assert learnt is not None
    assert 90 <= learnt.away_days <= LONGEST_DAYS


@pytest.mark.parametrize(
    ("gaps", "longest"), [([], 180), ([30.0, 200.0, 40.0], 180), ([190.0] * 3, 210), ([900.0], 365)]
)
def test_the_limit_is_half_a_year_unless_the_median_gap_demands_more(
    gaps: list[float], longest: int
) -> None:
    known = view(
        {
            "orders": [1.0, *[3.0 for _ in gaps]],
            "tenure_days": [400.0, *[2 * gap + 10 for gap in gaps]],
            "days_since_last": [400.0, *[10.0 for _ in gaps]],
        }
    )
    assert find_longest_absence(known) == longest
    limits = {leave.conditions[-1].value for leave in iterate_exit_rules(ENTRY, longest)}
    assert limits == {float(days) for days in AWAY_DAYS if 90 <= days <= longest}


@pytest.mark.parametrize("grace_days", [0, 20, 30, 45])
def test_who_stops_buying_is_out_within_grace_and_a_month(grace_days: int) -> None:
    seen = of(loyal_that_stop())
    learnt = tune_exit(seen, [ENTRY], grace_days, budget=0.2)
    assert learnt is not None
    run = simulate_rules(seen, learnt.entry, learnt.exit, grace_days)
    who = shop(loyal_that_stop()).snapshot(AS_OF)["customer_id"].to_pylist().index("stops")
    was_in = [day for day, row in zip(run.days, run.member, strict=True) if row[who]]
    last_purchase = max(d for who, d, _ in loyal_that_stop() if who == "stops")
    stopped = last_purchase + dt.timedelta(days=learnt.away_days)
    assert was_in
    assert max(was_in) < stopped + dt.timedelta(days=grace_days + STEP_DAYS + 1)
    assert run.since[who] == NEVER
    assert run.member[-1].sum() == 3  # those who went on buying are still in


def test_members_in_grace_are_within_the_budget_too() -> None:
    seen = of(planted())
    for budget in (0.05, 0.1):
        learnt = learn_rules(seen, Programme(budget_share=budget))
        run = simulate_rules(seen, learnt.entry, learnt.exit, 30)
        assert max(seen.shares(run.member)) <= budget
        assert learnt.flapping_share < 0.05


def test_pairs_side_by_side_do_as_each_alone() -> None:
    seen = of(loyal_that_stop())
    everybody = ProgrammeRule((RuleCondition("revenue_365d", ">=", 10.0),))
    pairs = [(entry, leave) for entry in (ENTRY, everybody) for leave in iterate_exit_rules(entry)]
    alone = [judge_rules(seen, entry, leave, 30) for entry, leave in pairs]
    assert len({rule_pair.largest_share for rule_pair in alone}) > 1
    assert list(judge_pairs(seen, pairs, 30)) == alone


def test_no_pair_within_the_budget_gives_none() -> None:
    assert tune_exit(of(planted()), [ENTRY], grace_days=30, budget=1e-6) is None


def test_the_loyal_are_found() -> None:
    seen = of(planted())
    learnt = learn_rules(seen, Programme())
    ids = np.array(shop(planted()).snapshot(AS_OF)["customer_id"].to_pylist())
    run = simulate_rules(seen, learnt.entry, learnt.exit, 30)
    members = ids[run.member[-1]]
    loyal = [one for one in ids if one.startswith("l")]
    assert len({*members} & {*loyal}) == len(loyal)
    assert len({*members} - {*loyal}) <= 0.2 * len(members)  # the budget leaves places over

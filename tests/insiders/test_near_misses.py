"""Near misses: what they lack, counted by hand."""

import datetime as dt
import json

import numpy as np

from clientela.insiders.score.membership_status import (
    find_near_misses,
    write_facts,
    write_lacking,
)
from clientela.insiders.score.monthly_snapshots import build_snapshots
from clientela.insiders.score.months import view_months
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from tests.insiders.shops import AS_OF, Order, shop

RECENT = dt.date(2011, 12, 20)
ENTRY = ProgrammeRule(
    (RuleCondition("revenue_365d", ">=", 1000.0), RuleCondition("days_since_last", "<=", 60.0))
)
DEADLINE = AS_OF + dt.timedelta(days=30)


def near(
    orders: list[Order], entry: ProgrammeRule = ENTRY, most: int = 9
) -> tuple[list[str], dict[str, list[float]]]:
    made = shop(orders)
    behind = build_snapshots(made, 90)
    today = view_months(behind, AS_OF).today
    rows, missing = find_near_misses(
        behind, today, entry, today.choose(entry), limit=most, deadline=DEADLINE
    )
    ids = made.snapshot(AS_OF)["customer_id"].to_pylist()
    lacking = {name: values.tolist() for name, values in missing.items()}
    return [ids[row] for row in rows], lacking


def test_who_lacks_an_amount_lacks_exactly_that() -> None:
    who, found = near([("a", RECENT, 880.0), ("b", RECENT, 100.0), ("in", RECENT, 1000.0)])
    assert who == ["a"]
    assert found == {
        "revenue_365d": [120.0],
        "days_since_last": [0.0],
    }


def test_small_amounts_are_not_rounded_up_to_whole_units() -> None:
    for scale, lacking in ((0.001, 0.12), (0.1, 12.0), (0.01, 1.2)):
        rule = ProgrammeRule(
            (RuleCondition("revenue_365d", ">=", 1000 * scale), ENTRY.conditions[1])
        )
        who, found = near([("a", RECENT, 880 * scale), ("in", RECENT, 1000 * scale)], rule)
        assert who == ["a"]
        assert found["revenue_365d"] == [lacking]


def test_what_drops_out_of_the_window_by_the_deadline_is_lacking_too() -> None:
    gone_by_then = DEADLINE - dt.timedelta(days=365)
    still_there = gone_by_then + dt.timedelta(days=1)
    who, found = near(
        [
            *[(one, RECENT, 900.0) for one in ("a", "b")],
            ("a", gone_by_then, 70.0),
            ("b", still_there, 70.0),
        ]
    )
    lacking = dict(zip(who, found["revenue_365d"], strict=True))
    assert lacking == {"a": 100.0, "b": 30.0}


def test_buying_for_what_is_lacking_on_the_deadline_makes_a_member() -> None:
    orders = [(f"c{n}", RECENT - dt.timedelta(days=n % 300), 500.0 + 2 * n) for n in range(250)] + [
        (f"c{n}", AS_OF - dt.timedelta(days=360 - n % 40), 90.0) for n in range(250)
    ]
    who, found = near(orders, most=250)
    assert len(who) > 50
    bought = [
        (one, DEADLINE, amount) for one, amount in zip(who, found["revenue_365d"], strict=True)
    ]
    then = shop([*orders, *bought], as_of=DEADLINE).snapshot(DEADLINE)
    chosen = ENTRY.choose(then)
    ids = then["customer_id"].to_pylist()
    assert all(chosen[ids.index(one)] for one in who)


def test_who_only_has_to_buy_again_lacks_a_purchase() -> None:
    _, found = near([("a", AS_OF - dt.timedelta(days=70), 2000.0)])
    assert found["days_since_last"] == [1.0]
    assert found["revenue_365d"] == [0.0]


def test_the_nearest_come_first_and_no_more_than_asked() -> None:
    who, _ = near([(f"c{n}", RECENT, 980.0 - 10 * n) for n in range(15)], most=4)
    assert who == ["c0", "c1", "c2", "c3"]


def test_a_rule_that_chooses_nobody_has_no_near_misses() -> None:
    assert near([("a", RECENT, 880.0)], entry=ProgrammeRule(()))[0] == []


def test_orders_of_the_last_days_drop_out_alike() -> None:
    rule = ProgrammeRule((RuleCondition("orders_90d", ">=", 4.0),))
    soon_out = AS_OF - dt.timedelta(days=75)
    orders = [("a", RECENT - dt.timedelta(days=n), 5.0) for n in range(3)]
    _, found = near(orders, entry=rule)
    assert found["orders_90d"] == [1.0]
    assert near([*orders[:2], ("a", soon_out, 5.0)], entry=rule)[0] == []  # two of four is too far


def test_what_is_lacking_is_said_in_both_languages() -> None:
    amount = {"revenue_365d": np.array([120.0]), "days_since_last": np.array([1.0])}
    assert write_lacking(amount, "en", "GBP") == ["£120 more in purchases"]
    assert write_lacking(amount, "pt_BR", "GBP") == ["mais £\xa0120 em compras"]
    both = {"revenue_365d": np.array([1234.0]), "orders_365d": np.array([2.0])}
    assert write_lacking(both, "pt_BR", "GBP") == ["mais £\xa01.234 em compras e mais 2 pedidos"]
    purchase = {"days_since_last": np.array([1.0])}
    assert write_lacking(purchase, "en", "GBP") == ["one more purchase"]


def test_facts_are_cut_so_that_nobody_seems_to_reach_what_they_do_not() -> None:
    made = shop([("a", RECENT, 999.99)])
    behind = build_snapshots(made, 90)
    today = view_months(behind, AS_OF).today
    assert write_facts(today, ENTRY, [0], "en", "GBP") == [
        "spent £999 in the last 12 months and last bought on 2011-12-20"
    ]
    assert json.dumps(write_facts(today, ENTRY, [], "en", "GBP")) == "[]"


def test_facts_of_small_amounts_keep_their_decimals() -> None:
    made = shop([("a", RECENT, 0.29), ("b", RECENT, 35.999), ("c", RECENT, 0.0123)])
    behind = build_snapshots(made, 90)
    today = view_months(behind, AS_OF).today
    rule = ProgrammeRule(ENTRY.conditions[:1])
    assert [one.split(" ")[1] for one in write_facts(today, rule, [0, 1, 2], "en", None)] == [
        "0.29",
        "35.99",
        "0.0123",
    ]

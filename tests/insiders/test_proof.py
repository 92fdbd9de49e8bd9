"""The proof: counted by hand, tested against known distributions."""

import datetime as dt

import numpy as np
import pytest

from clientela.config import Programme
from clientela.i18n import LANGS
from clientela.insiders.fit.programme import build_programme
from clientela.insiders.fit.proof import GROUPS, prove_selection
from clientela.insiders.fit.proof_material import ProofDate, build_proof_dates, check_overlap
from clientela.insiders.fit.tables import write_test
from clientela.insiders.score.monthly_snapshots import build_snapshots
from clientela.insiders.score.months import view_months
from clientela.insiders.score.rule import Chosen, ProgrammeRule
from tests.insiders.shops import AS_OF, Order, planted, shop
from tests.insiders.views import view


def trial(later: list[float], members: list[int], naive: list[int]) -> ProofDate:
    known = view({"orders": [1.0] * len(later)}, later)

    def of(rows: list[int]) -> Chosen:
        return np.isin(np.arange(len(later)), rows)

    groups = {name: of(naive) for name in GROUPS} | {"members": of(members)}
    return ProofDate(known, ProgrammeRule(()), groups | {"rest": ~of(members)}, 1)


def test_counts_are_what_came_after() -> None:
    trials = [trial([10.0, 30.0, 0.0, 2.0], [0, 1], [1, 2])]
    counts, tests = prove_selection(trials, 4, 200, seed=1)
    found = {(row["as_of"] is None, row["customer_group"]): row for row in counts.to_pylist()}
    members, rest = found[False, "members"], found[False, "rest"]
    assert (members["customers"], members["revenue_per_customer"]) == (2, 20.0)
    assert (members["retention"], rest["retention"]) == (1.0, 0.5)
    assert rest["revenue_per_customer"] == 1.0
    assert found[True, "members"]["revenue_per_customer"] == 20.0
    assert {difference.value for difference, _ in tests.values()} == {5.0}


def test_customers_of_several_dates_count_once_for_each_in_the_pool() -> None:
    first = trial([10.0, 0.0, 0.0], [0], [1])
    second = trial([40.0, 20.0, 0.0], [0, 1], [1, 2])
    pooled = prove_selection([first, second], 3, 200, seed=1)[0].to_pylist()
    members = next(
        row for row in pooled if row["as_of"] is None and row["customer_group"] == "members"
    )
    assert members["customers"] == 3
    assert members["revenue_per_customer"] == pytest.approx(70 / 3)


def test_the_same_choice_differs_by_nothing_and_p_is_one() -> None:
    _, tests = prove_selection([trial([5.0, 1.0, 0.0, 3.0], [0, 3], [0, 3])], 4, 300, seed=1)
    for difference, p_value in tests.values():
        assert (*difference, p_value) == (0.0, 0.0, 0.0, 1.0)
        assert not difference.higher
        assert not difference.lower


def test_a_better_choice_is_seen_and_a_worse_one_too() -> None:
    rng = np.random.default_rng(5)
    later = np.concatenate([rng.gamma(2, 50, 100), rng.gamma(2, 10, 100)]).tolist()
    good, bad = list(range(100)), list(range(100, 200))
    for members, naive, better in ((good, bad, True), (bad, good, False)):
        _, tests = prove_selection([trial(later, members, naive)], 200, 999, seed=1)
        difference, p_value = tests["revenue"]
        assert difference.higher is better
        assert difference.lower is not better
        assert p_value == 0.001


def test_without_dates_there_is_no_proof() -> None:
    counts, tests = prove_selection([], 10, 100, 1)
    assert (len(counts), tests) == (0, {})


def proof_of(orders: list[Order]) -> list[ProofDate]:
    made = shop(orders)
    behind = build_snapshots(made, 90)
    everyone = view_months(behind, AS_OF)
    return build_proof_dates(behind, everyone, None, Programme())


@pytest.mark.slow
def test_four_dates_are_tried_and_their_rules_knew_nothing_later() -> None:
    found = proof_of(planted())
    assert len(found) == 4
    last = found[-1].view.day
    upto = [order for order in planted() if order[1] <= last]
    later = [(who, day, 5 * amount) for who, day, amount in planted(seed=9) if day > last]
    changed = proof_of([*upto, *later])
    assert [one.view.day for one in changed] == [one.view.day for one in found]
    assert [one.rule for one in changed] == [one.rule for one in found]
    for one in found:
        assert one.size <= 0.1 * one.view.customers
        assert {int(one.groups[name].sum()) for name in GROUPS if name != "rest"} == {one.size}


@pytest.mark.slow
def test_the_members_tried_are_those_the_programme_would_have_had() -> None:
    for one in proof_of(planted()):
        day = one.view.day
        until = shop([order for order in planted() if order[1] <= day], as_of=day)
        snapshot = until.snapshot(day)
        segments = np.zeros(snapshot.num_rows, dtype=np.int64)
        then = build_programme(until, snapshot, segments, Programme(resamples=100), None)
        ids = np.array(snapshot["customer_id"].to_pylist())
        members = {*ids[one.groups["members"]].tolist()}
        assert members >= then.members_at(day)  # the launch list; simulated members beside it
        assert len(members) == then.tables["programme_months"]["members"][-1].as_py()
        assert one.rule == then.entry


def test_on_a_date_of_a_single_month_the_entry_rule_alone_decides() -> None:
    first = proof_of(planted())[0]
    assert first.learnt_days == 0
    assert (first.groups["members"] == first.view.choose(first.rule)).all()


def test_dates_closer_than_the_horizon_are_said_to_overlap() -> None:
    found = proof_of(planted())
    apart = (found[1].view.day - found[0].view.day).days
    assert check_overlap(found, apart + 1)
    assert not check_overlap(found[:2], apart)


def test_the_planted_loyal_beat_every_naive_rule_but_those_that_see_them_too() -> None:
    _, tests = prove_selection(proof_of(planted()), 400, 500, 42)
    assert tests["random"][0].higher
    assert tests["recent"][0].higher
    assert not tests["revenue"][0].lower


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("dates", [1, 4])
def test_verdicts_differ_by_what_was_found(lang: str, dates: int) -> None:
    rng = np.random.default_rng(5)
    later = np.concatenate([rng.gamma(2, 50, 100), rng.gamma(2, 10, 100)]).tolist()
    good, bad = list(range(100)), list(range(100, 200))
    pairs = ((good, bad), (bad, good), (good, good))
    tests = [prove_selection([trial(later, *pair)], 200, 999, seed=1)[1] for pair in pairs]
    said = [
        write_test("revenue", *one["revenue"], dates=dates, days=90, lang=lang, currency="BRL")  # type: ignore[arg-type]
        for one in tests
    ]
    assert len(set(said)) == 3
    assert all("90" in one and "R$" in one for one in said)


def test_dates_apart_are_preferred_where_there_are_four() -> None:
    first = dt.date(2010, 5, 1)
    crowd = [(f"c{n}", first + dt.timedelta(days=7 * n), 20.0) for n in range(80)]
    days = [first + dt.timedelta(days=10 * n) for n in range(60)]
    loyal = [(f"l{n}", day, 50.0 + n) for n in range(3) for day in days]
    made = shop([*crowd, *loyal], first=first)
    behind = build_snapshots(made, 90)
    found = build_proof_dates(behind, view_months(behind, AS_OF), None, Programme(budget_share=0.5))
    assert len(found) == 4
    assert not check_overlap(found, 90)

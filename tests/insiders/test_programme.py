"""The programme as a whole: a planted group found, and a sentence where nothing can be."""

import datetime as dt
import inspect
import json
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Programme
from clientela.i18n import LANGS, load_catalogue
from clientela.insiders.fit.policies import POLICIES, Labels
from clientela.insiders.fit.programme import build_programme
from clientela.insiders.fit.remarks import write_note
from clientela.insiders.score.arrow_schemas import STATUS, TABLES
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import ProgrammeRule
from clientela.statistics.arrays import doubles, sort_by_customer
from clientela.store.programme import Membership
from tests.insiders.shops import AS_OF, FIRST, Order, every, planted, shop

QUICK: dict[str, Any] = {"resamples": 200}


def by_spending(snapshot: pa.Table) -> Labels:
    revenue = doubles(snapshot, "revenue")
    return (revenue >= 100).astype(np.int64) + (revenue >= 1000)


def run(orders: list[Order], first: dt.date = FIRST, **settings: Any) -> ProgrammeResult:
    made = shop(orders, first)
    snapshot = made.snapshot(AS_OF)
    segments = by_spending(snapshot)
    return build_programme(made, snapshot, segments, Programme(**QUICK | settings), "GBP")


@cache
def loyal() -> ProgrammeResult:
    return run(planted())


def codes(result: ProgrammeResult) -> list[str]:
    return [note["code"] for note in result.facts["notes"]]


def of(result: ProgrammeResult, status: str) -> list[dict[str, object]]:
    rows = result.tables["programme_members"].to_pylist()
    return [row for row in rows if row["status"] == status]


def test_the_tables_are_those_promised() -> None:
    assert {name: table.schema for name, table in loyal().tables.items()} == TABLES
    assert loyal().status.schema == STATUS
    assert loyal().status["customer_id"].to_pylist() == sorted(
        shop(planted()).snapshot(AS_OF)["customer_id"].to_pylist()
    )


def test_the_loyal_are_the_members() -> None:
    members = {row["customer_id"] for row in of(loyal(), "member") + of(loyal(), "leaving")}
    planted_ones = {f"l{n:03}" for n in range(30)}
    assert planted_ones <= members
    assert members == set(loyal().members_at(AS_OF))
    assert loyal().facts["members"] == len(members)
    assert loyal().facts["members_share"] <= 0.1
    assert loyal().facts["flapping_share"] < 0.05


def test_members_of_the_past_can_be_asked_for() -> None:
    days = loyal().tables["programme_months"]["as_of"].to_pylist()
    counts = loyal().tables["programme_months"]["members"].to_pylist()
    for day, count in zip(days[:-1], counts[:-1], strict=True):
        assert len(loyal().members_at(day + dt.timedelta(days=29))) == count
    with pytest.raises(KeyError):
        loyal().members_at(days[0] - dt.timedelta(days=1))


def test_months_add_up() -> None:
    rows = loyal().tables["programme_months"].to_pylist()
    members = 0
    for row in rows:
        members += row["entered"] - row["left"]
        assert row["members"] == members
        assert row["members_share"] == members / row["customers"] <= 0.1
        assert row["reentered"] <= row["entered"]
        assert 0.0 <= row["revenue_share"] <= 1.0


def test_candidates_are_no_members_and_no_more_than_they() -> None:
    result = loyal()
    near = of(result, "candidate")
    assert 0 < len(near) <= result.facts["members"]
    for row in near:
        assert row["since"] is None
        assert row["deadline"] == dt.date(2012, 1, 1)  # the next review
        assert json.loads(str(row["missing"]))
        assert row["reason_en"] != row["reason_pt_br"]
    words = dict(
        zip(*loyal().status.select(["customer_id", "insider"]).to_pydict().values(), strict=True)
    )
    assert {row["customer_id"] for row in near} == {
        one for one, word in words.items() if word == "candidate"
    }


def test_the_policies_are_compared_and_one_is_chosen() -> None:
    rows = {row["policy"]: row for row in loyal().tables["programme_policies"].to_pylist()}
    assert tuple(rows) == POLICIES
    assert [name for name, row in rows.items() if row["chosen"]] == ["rules"]
    assert {rows[name]["members"] for name in ("revenue", "expected_value", "rules")} == {
        loyal().facts["members"]
    }
    assert rows["rules"]["dates"] == 4
    assert rows["segments"]["later_revenue_share"] is None  # would be hindsight


def test_segments_are_asked_of_today_alone_and_never_judged_on_past_dates() -> None:
    asked: list[pa.Table] = []

    def segment_of(snapshot: pa.Table) -> Labels:
        asked.append(snapshot)
        return by_spending(snapshot)

    made = shop(planted())
    today = made.snapshot(AS_OF)
    settings = Programme(**QUICK)
    result = build_programme(made, today, segment_of, settings, "GBP")
    row = result.tables["programme_policies"].to_pylist()[0]
    assert asked == [today]
    assert (row["later_revenue_share"], row["dates"]) == (None, 0)
    assert "learnt with later data" in row["reason_en"]
    assert "dados posteriores" in row["reason_pt_br"]
    assert not row["chosen"]


def test_the_order_of_rows_changes_nothing() -> None:
    made = shop(planted()[::-1])
    snapshot = made.snapshot(AS_OF)
    mixed = snapshot.take(np.random.default_rng(1).permutation(snapshot.num_rows))
    segments = by_spending(mixed)
    again = build_programme(made, mixed, segments, Programme(**QUICK), "GBP")
    assert again.tables == loyal().tables
    assert again.status == loyal().status == sort_by_customer(again.status)
    assert again.facts == loyal().facts


def choose_ids(rule: ProgrammeRule) -> set[str]:
    snapshot = sort_by_customer(shop(planted()).snapshot(AS_OF))
    return set(snapshot["customer_id"].filter(pa.array(rule.choose(snapshot))).to_pylist())


def test_before_the_launch_the_list_is_who_meets_the_entry_rule_and_nobody_has_a_since() -> None:
    listed = of(loyal(), "member")
    assert {row["customer_id"] for row in listed} == choose_ids(loyal().entry)
    assert of(loyal(), "leaving") == []
    assert loyal().facts["state"] == "not_launched"
    for row in listed:
        assert row["since"] is row["leaves_on"] is None
        assert str(row["reason_en"]).startswith("Meets the entry conditions")
    assert loyal().status["insider_since"].null_count == loyal().status.num_rows


def test_after_the_launch_the_ledger_says_who_is_in_and_each_reason_is_true() -> None:
    enters, stays = choose_ids(loyal().entry), choose_ids(loyal().exit)
    names = loyal().status["customer_id"].to_pylist()
    outside = [name for name in names if name not in enters | stays][:4]
    since, warned = dt.date(2011, 9, 1), outside[:2] + sorted(enters)[:2]
    memberships = {
        name: Membership(
            recorded_on=since,
            customer_id=name,
            entered_on=since,
            warned_on=since if name in warned else None,
            leaves_on=dt.date(2012, 2, 1) if name in warned else None,
            rule_version=1,
            reason="entered",
        )
        for name in [*outside, *sorted(enters | stays)[:-1]]
    }
    made = shop(planted())
    snapshot = made.snapshot(AS_OF)
    result = build_programme(
        made,
        snapshot,
        by_spending(snapshot),
        Programme(**QUICK),
        "GBP",
        rules={AS_OF: (loyal().entry, loyal().exit)},
        memberships=memberships,
    )
    rows = of(result, "member") + of(result, "leaving")
    assert {row["customer_id"] for row in rows} == memberships.keys()
    assert result.members_at(AS_OF) == memberships.keys()
    assert result.facts["members"] == len(memberships)
    assert result.facts["state"] == "launched"
    assert {row["customer_id"] for row in of(result, "leaving")} == set(warned)
    said = set()
    for row in rows:
        name, text = str(row["customer_id"]), str(row["reason_en"])
        assert row["since"] == since
        assert (row["leaves_on"] is not None) is (name in warned)
        meets = "enters" if name in enters else "stays" if name in stays else "below"
        begins = {
            ("enters", False): "Meets the entry conditions",
            ("stays", False): "No longer meets the entry conditions, but those to stay",
            ("below", False): "A member, but today below the conditions to stay",
            ("below", True): "No longer meets the conditions to stay",
        }.get((meets, name in warned), "Warned, but meets the conditions to stay again")
        assert text.startswith(begins), text
        said.add(begins)
    assert len(said) >= 4


DAY = dt.date(2011, 12, 1)
DEGENERATE: dict[str, tuple[list[Order], str]] = {
    "three customers": ([(c, DAY, n) for n, c in enumerate("abc", 5)], "nobody_fits"),
    "all alike": ([(f"c{n}", DAY, 10.0) for n in range(50)], "nobody_stands_out"),
    "nothing earned": ([(f"c{n}", DAY, 0.0) for n in range(50)], "nothing_earned"),
    "more returned than sold": (
        [order for n in range(50) for order in ((f"c{n}", DAY, 5.0), (f"c{n}", DAY, -9.0))],
        "nothing_earned",
    ),
    "no repeats": (
        [(f"c{n:03}", FIRST + dt.timedelta(days=n), 5.0 + 37 * n % 101) for n in range(390)],
        "nothing_later",
    ),
    "one customer": (every("a", 30, 10.0), "nobody_fits"),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_where_nothing_can_be_found_a_sentence_says_so(name: str) -> None:
    orders, code = DEGENERATE[name]
    result = run(orders)
    assert code in codes(result)
    assert {name: table.schema for name, table in result.tables.items()} == TABLES
    for lang in LANGS:
        assert all(len(write_note(note, lang, "GBP")) > 20 for note in result.facts["notes"])
    json.dumps(result.facts, allow_nan=False)


def test_one_month_of_history_gives_rules_that_are_called_unproven() -> None:
    first = AS_OF - dt.timedelta(days=30)
    orders = [(f"c{n}", first + dt.timedelta(days=n % 30), 5.0 + n) for n in range(200)]
    result = run(orders, first=first)
    assert result.facts["months"] == 1
    assert 0 < result.facts["members"] <= 20
    assert {"unproven", "not_measurable"} <= set(codes(result))


def test_many_customers_are_learnt_from_a_sample_and_the_budget_holds_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from clientela.insiders.score import months

    monkeypatch.setattr(months, "LEARNING_CUSTOMERS", 250)
    result = run(planted(), budget_share=0.2)
    assert result.facts["members"] >= 30
    for row in result.tables["programme_months"].to_pylist():
        assert row["members_share"] <= 0.2


def test_one_giant_buyer_is_a_member_and_not_the_only_one() -> None:
    result = run([*planted(), ("giant", AS_OF, 1e7)])
    assert "giant" in {row["customer_id"] for row in of(result, "member")}
    assert result.facts["members"] > 20


def test_whoever_reads_the_notes_is_told_what_is_not_proved() -> None:
    assert "selection_not_effect" in codes(loyal())
    said = write_note({"code": "selection_not_effect", "values": {}}, "en", None)
    assert "experiment" in said


def test_out_by_names_the_last_day_that_the_rules_allow() -> None:
    note = next(note for note in loyal().facts["notes"] if note["code"] == "out_by")
    values = note["values"]
    out = dt.date.fromisoformat(values["out_on"]) - dt.date.fromisoformat(values["last_on"])
    away, grace = loyal().facts["away_days"], loyal().facts["grace_days"]
    assert away + grace < out.days <= away + 31 + grace + 31
    assert dt.date.fromisoformat(values["out_on"]).day == 1


def test_every_text_of_the_programme_belongs_to_something() -> None:
    from clientela.insiders.fit import proof_material as naive
    from clientela.insiders.fit.entry_rule import CONSIDERED
    from clientela.insiders.score import business_case
    from clientela.insiders.score import rule as words  # noqa: F401

    case_source = inspect.getsource(business_case)
    keys = {key for key in load_catalogue("en") if key.startswith("programme.")}
    features = {*CONSIDERED, "revenue", "orders"}
    for key in keys:
        kind, *rest = key.removeprefix("programme.").split(".")
        assert kind in {
            "case",
            "if",
            "has",
            "lacks",
            "reason",
            "rule",
            "note",
            "naive",
            "policy",
            "verdict",
        }
        if kind in {"if", "has"}:
            assert rest[0] in features
        if kind == "naive":
            assert rest[0] in naive.NAIVE
        if kind == "case":
            codes = (rest[0], rest[0].removeprefix("missing_"))
            assert any(f'"{code}"' in case_source for code in codes)

"""The ledger of the programme: what was promised stands, day after day, whatever comes late."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Programme
from clientela.insiders.score.ledger import (
    advance_ledger,
    announce_leaving,
    find_next_review,
    launch_programme,
)
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from clientela.store.programme import Membership, ProgrammeLedger, RuleVersion

START = dt.date(2011, 1, 10)
DAYS, CUSTOMERS, GRACE_DAYS = 200, 60, 30
MONTHLY = Programme()
ENTRY = ProgrammeRule(
    (RuleCondition("orders", ">=", 3), RuleCondition("days_since_last", "<=", 30))
)
STAY = ProgrammeRule((RuleCondition("orders", ">=", 2), RuleCondition("days_since_last", "<=", 45)))
RULE = RuleVersion(
    version=1,
    entry=ENTRY.to_json(),
    exit=STAY.to_json(),
    grace_days=GRACE_DAYS,
    proposed_at=dt.datetime(2011, 1, 1, tzinfo=dt.UTC),
    run_id="r",
    members=0,
    entering=0,
    leaving=0,
    valid_from=START,
)
APPROVED = ProgrammeLedger((RULE,))


class Row(NamedTuple):
    """An order, when it was known, and from when on it was known to be wrong."""

    customer: str
    day: dt.date
    known_on: dt.date
    void_on: dt.date = dt.date.max


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def shop(seed: int, late_share: float = 0.2, void_share: float = 0.1) -> list[Row]:
    """Orders of customers whose rhythm changes; some come late, some are taken back late."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(CUSTOMERS):
        day, gap = START - days(90), draw.integers(8, 90)
        while day < START + days(DAYS):
            late = int(draw.integers(1, 40)) if draw.random() < late_share else 0
            void = day + days(int(draw.integers(1, 60))) if draw.random() < void_share else None
            rows.append(Row(f"c{number:02}", day, day + days(late), void or dt.date.max))
            gap = draw.integers(8, 90) if draw.random() < 0.1 else gap
            day += days(int(draw.poisson(gap)) + 1)
    return rows


def snapshot_of(rows: list[Row], known: dt.date) -> Callable[[dt.date], pa.Table]:
    """Return the snapshots of days, by the rows known on one."""

    def snapshot_at(day: dt.date) -> pa.Table:
        orders: dict[str, list[dt.date]] = {}
        for row in rows:
            if row.day <= day and row.known_on <= known < row.void_on:
                orders.setdefault(row.customer, []).append(row.day)
        return pa.table(
            {
                "customer_id": pa.array(sorted(orders), pa.string()),
                "orders": pa.array([len(orders[name]) for name in sorted(orders)], pa.int64()),
                "days_since_last": pa.array(
                    [(day - max(orders[name])).days for name in sorted(orders)], pa.int64()
                ),
            }
        )

    return snapshot_at


def launched(rows: list[Row]) -> ProgrammeLedger:
    return launch_programme(RULE, snapshot_of(rows, START)(START), START, {}).add_to(APPROVED)


def advance(
    ledger: ProgrammeLedger,
    day: dt.date,
    rows: list[Row],
    spellings: Mapping[str, str] | None = None,
) -> ProgrammeLedger:
    return advance_ledger(ledger, day, snapshot_of(rows, day), MONTHLY, spellings)


def stays(rows: list[Row], day: dt.date) -> set[str]:
    snapshot = snapshot_of(rows, day)(day)
    mask = STAY.choose(snapshot) | ENTRY.choose(snapshot)
    return set(snapshot["customer_id"].filter(pa.array(mask)).to_pylist())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_promises_hold_over_200_days_of_late_rows_and_corrections(seed: int) -> None:
    rows, left, reversed_later = shop(seed), 0, 0
    ledger = launched(rows)
    assert ledger.reviews[0].members == len(ledger.records) > 10
    for number in range(1, DAYS):
        day = START + days(number)
        before, step = ledger.members_at(day), advance(ledger, day, rows)
        ledger = step.add_to(ledger)
        assert advance(ledger, day, rows) == ProgrammeLedger()
        if day.day != 1:
            assert step == ProgrammeLedger()
        for record in step.records:
            earlier = before.get(record.customer_id)
            if record.reason == "left":
                left += 1
                assert record.customer_id not in stays(rows, day)
                assert record.left_on == record.leaves_on == day
                assert earlier is not None
                assert earlier.leaves_on == day
                assert earlier.warned_on is not None
                assert (day - earlier.warned_on).days >= GRACE_DAYS
            if record.reason in ("reinstated", "unwarned"):
                reversed_later += 1
                assert record.leaves_on is record.left_on is None
            if earlier is not None:
                assert record.entered_on == earlier.entered_on
        gone = before.keys() - ledger.members_at(day).keys()
        assert not gone & stays(rows, day)
        for review in step.reviews:
            assert review.members == len(ledger.members_at(day))
    assert left > 2
    assert reversed_later > 0
    assert [review.reviewed_on.day for review in ledger.reviews[1:]] == [1] * 6


def test_runs_skipped_for_a_week_or_for_months_lose_nothing() -> None:
    rows = shop(4, late_share=0, void_share=0)
    daily = weekly = seldom = launched(rows)
    for number in range(1, DAYS):
        day = START + days(number)
        daily = advance(daily, day, rows).add_to(daily)
        if number % 7 == 0 or number == DAYS - 1:
            weekly = advance(weekly, day, rows).add_to(weekly)
    seldom = advance(seldom, START + days(DAYS - 1), rows).add_to(seldom)
    assert daily == weekly == seldom
    assert {record.reason for record in daily.records} >= {"entered", "warned", "recovered", "left"}


def test_a_day_before_the_last_and_a_day_before_the_launch_change_nothing() -> None:
    rows = shop(5)
    ledger = launched(rows)
    ledger = advance(ledger, START + days(100), rows).add_to(ledger)
    assert advance(ledger, START + days(60), rows) == ProgrammeLedger()
    assert advance(ledger, START - days(1), rows) == ProgrammeLedger()
    assert advance(APPROVED, START + days(99), rows) == ProgrammeLedger()
    assert ledger.members_at(START).keys() == launched(rows).members_at(START).keys()


def test_a_late_row_reinstates_with_the_first_entry_and_says_so() -> None:
    bought = [Row("a", START - days(n), START - days(n)) for n in (9, 5, 1)]
    late = Row("a", dt.date(2011, 3, 25), dt.date(2011, 4, 20))
    ledger = launched(bought)
    for day in (dt.date(2011, 3, 1), dt.date(2011, 4, 1)):
        ledger = advance(ledger, day, [*bought, late]).add_to(ledger)
    assert [record.reason for record in ledger.records] == ["launched", "warned", "left"]
    assert advance(ledger, dt.date(2011, 4, 30), [*bought, late]) == ProgrammeLedger()
    ledger = advance(ledger, dt.date(2011, 5, 1), [*bought, late]).add_to(ledger)
    record = ledger.members_at(dt.date(2011, 5, 1))["a"]
    assert (record.reason, record.entered_on) == ("reinstated", START)
    assert ledger.reviews[-1].corrected == 1


def test_a_stricter_version_warns_before_anyone_leaves() -> None:
    rows = [Row("a", START + days(n), START + days(n)) for n in range(-9, 150, 3)]
    ledger = launched(rows)
    nobody = ProgrammeRule((RuleCondition("orders", ">=", 1e6),)).to_json()
    valid = dt.date(2011, 2, 1)
    strict = RuleVersion(
        **vars(RULE) | {"version": 2, "entry": nobody, "exit": nobody, "valid_from": valid}
    )
    ledger = ProgrammeLedger((RULE, strict), ledger.records, ledger.reviews)
    ledger = advance(ledger, dt.date(2011, 4, 1), rows).add_to(ledger)
    assert [(r.reason, r.recorded_on.month, r.rule_version) for r in ledger.records] == [
        ("launched", 1, 1),
        ("warned", 2, 2),
        ("left", 4, 2),
    ]


def joined(**entered: dt.date) -> ProgrammeLedger:
    records = tuple(
        Membership(
            recorded_on=day, customer_id=name, entered_on=day, rule_version=1, reason="entered"
        )
        for name, day in entered.items()
    )
    ledger = launched([])
    return ProgrammeLedger(ledger.rules, records, ledger.reviews)


def test_of_two_joined_the_earlier_entry_stands_and_the_other_is_closed_by_name() -> None:
    day = START + days(5)
    ledger = joined(a=START + days(2), b=START)
    rows = [Row("a", START, START)]
    step = advance(ledger, day, rows, {"b": "a"})
    ledger = step.add_to(ledger)
    assert {name: record.entered_on for name, record in ledger.members_at(day).items()} == {
        "a": START
    }
    closed = ledger.latest_records(day)["b"]
    assert (closed.left_on, closed.reason, closed.other_id) == (day, "joined", "a")
    assert advance(ledger, day, rows, {"b": "a"}) == ProgrammeLedger()

    apart = [*rows, Row("b", START, START)]
    later = day + days(1)
    ledger = advance(ledger, later, apart, {}).add_to(ledger)
    members = ledger.members_at(later)
    assert {name: record.entered_on for name, record in members.items()} == {
        "a": START,
        "b": START,
    }
    assert members["b"].other_id == "a"
    assert advance(ledger, later + days(1), apart, {}) == ProgrammeLedger()


@pytest.mark.parametrize("every", ["week", "month", "quarter"])
def test_a_calendar_never_stands_still_and_grace_is_never_cut(every: str) -> None:
    settings = Programme(review_every=every, review_day=1 if every == "quarter" else 15)  # type: ignore[arg-type]
    for number in range(800):
        day = START + days(number)
        review = find_next_review(settings, day)
        assert review > day
        assert find_next_review(settings, review - days(1)) == review
        for grace in (0, 1, 30, 92):
            leaves = announce_leaving(settings, day, grace)
            assert leaves > day
            assert (leaves - day).days >= grace


def test_an_announced_day_holds_where_the_calendar_changes() -> None:
    rows = [Row("a", START - days(n), START - days(n)) for n in (9, 5, 1)]
    ledger = launched(rows)
    ledger = advance(ledger, dt.date(2011, 3, 1), rows).add_to(ledger)
    quarterly = Programme(review_every="quarter", review_day=15)
    snapshot_at = snapshot_of(rows, dt.date(2011, 4, 3))
    step = advance_ledger(ledger, dt.date(2011, 4, 3), snapshot_at, quarterly)
    assert [(r.reason, r.left_on) for r in step.records] == [("left", dt.date(2011, 4, 1))]

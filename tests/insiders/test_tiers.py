"""Tiers of members: what was promised of them stands, whatever comes late."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import read_settings
from clientela.errors import ConfigError
from clientela.insiders.score.ledger import advance_ledger, launch_programme
from clientela.insiders.score.tiers import (
    decide_tier,
    keep_better,
    reach_tiers,
    read_tiers,
    write_tiers,
)
from clientela.store.programme import Membership, ProgrammeLedger
from tests.insiders.test_ledger import APPROVED, DAYS, MONTHLY, RULE, START, Row, days, shop
from tests.insiders.test_ledger import snapshot_of as orders_of

TIERS = '{"gold": 7.0, "silver": 4.0, "bronze": 0.0}'
NAMES = ["gold", "silver", "bronze"]
TIERED = replace(RULE, tiers=TIERS)


def snapshot_of(rows: list[Row], known: dt.date) -> Callable[[dt.date], pa.Table]:
    """Return snapshots in which each order of the last 60 days is worth 1."""

    def snapshot_at(day: dt.date) -> pa.Table:
        table = orders_of(rows, known)(day)
        spent = Counter(
            row.customer
            for row in rows
            if day - days(60) < row.day <= day and row.known_on <= known < row.void_on
        )
        values = [float(spent[name]) for name in table["customer_id"].to_pylist()]
        return table.append_column("revenue_365d", pa.array(values))

    return snapshot_at


@pytest.mark.parametrize("seed", [1, 2])
def test_tiers_hold_over_200_days_of_late_rows_and_corrections(seed: int) -> None:
    rows, reasons = shop(seed), Counter[str]()
    launch = launch_programme(TIERED, snapshot_of(rows, START)(START), START, {})
    ledger = launch.add_to(ProgrammeLedger((TIERED,)))
    plain = launch_programme(RULE, orders_of(rows, START)(START), START, {}).add_to(APPROVED)
    for number in range(1, DAYS):
        day = START + days(number)
        before, step = ledger.members_at(day), advance(ledger, day, rows)
        ledger = step.add_to(ledger)
        assert advance(ledger, day, rows) == ProgrammeLedger()
        plain = advance_ledger(plain, day, orders_of(rows, day), MONTHLY).add_to(plain)
        if day.day != 1:
            assert step == ProgrammeLedger()
            continue
        reached = reach_tiers(read_tiers(TIERS), snapshot_of(rows, day)(day))
        fell = {r.customer_id: r for r in step.records if r.reason == "tier_lowered"}
        reasons.update(record.reason for record in step.records)
        for name, record in ledger.members_at(day).items():
            assert record.tier in NAMES
            assert NAMES.index(str(record.tier)) <= NAMES.index(reached.get(name, "bronze"))
            if name in before and NAMES.index(str(record.tier)) > NAMES.index(
                str(before[name].tier)
            ):
                assert name in fell, "nobody falls without a record"
        for name in fell:
            assert before[name].tier_ends_on == day, "they fall on the announced day"
    assert all(reasons[f"tier_{kind}"] for kind in ("entered", "warned", "recovered", "lowered"))
    assert [r for r in ledger.records if not r.reason.startswith("tier_")] != []
    assert {n: r.entered_on for n, r in ledger.members_at(day).items()} == {
        n: r.entered_on for n, r in plain.members_at(day).items()
    }, "memberships do not depend on tiers"


def advance(ledger: ProgrammeLedger, day: dt.date, rows: list[Row]) -> ProgrammeLedger:
    return advance_ledger(ledger, day, snapshot_of(rows, day), MONTHLY)


def member(tier: str | None, ends_on: dt.date | None = None) -> Membership:
    return Membership(
        recorded_on=START,
        customer_id="a",
        entered_on=START,
        tier=tier,
        tier_since=START,
        tier_warned_on=ends_on and START,
        tier_ends_on=ends_on,
        rule_version=1,
        reason="entered",
    )


def test_a_review_decides_once() -> None:
    today, later = START + days(30), START + days(60)

    def decide(record: Membership, reached: str | None, names: list[str]) -> tuple[object, ...]:
        change = decide_tier(record, reached, names, day=today, ends_on=later)
        return () if change is None else (change.reason, change.tier, change.tier_ends_on)

    assert decide(member("gold"), "gold", NAMES) == ()
    assert decide(member("silver"), "gold", NAMES) == ("tier_entered", "gold", None)
    assert decide(member("gold"), "bronze", NAMES) == ("tier_warned", "gold", later)
    assert decide(member("gold", later), "bronze", NAMES) == ()
    assert decide(member("gold", today), "silver", NAMES) == ("tier_lowered", "silver", None)
    assert decide(member("gold", later), "gold", NAMES) == ("tier_recovered", "gold", None)
    assert decide(member(None), None, NAMES) == ("tier_entered", "bronze", None)
    assert decide(member("gold"), "gold", []) == ("tier_closed", None, None)
    assert decide(member(None), None, []) == ()


def test_late_data_gives_a_tier_back() -> None:
    rows = [Row("a", START - days(n), START - days(n)) for n in range(8)]
    rows += [Row("a", START + days(n), START + days(n)) for n in (20, 45, 62, 75, 95, 110)]
    late = [Row("a", START + days(n), START + days(115)) for n in range(52, 60)]
    launch = launch_programme(TIERED, snapshot_of(rows, START)(START), START, {})
    ledger = launch.add_to(ProgrammeLedger((TIERED,)))
    for number in range(1, 145):
        ledger = advance(ledger, START + days(number), rows + late).add_to(ledger)
    steps = [(record.reason, record.tier) for record in ledger.records]
    assert steps == [
        ("launched", "gold"),
        ("tier_warned", "gold"),
        ("tier_lowered", "silver"),
        ("tier_corrected", "gold"),
        ("tier_warned", "gold"),
    ]


def test_amounts_are_readable_and_stated_ones_stay() -> None:
    spent = np.arange(1.0, 1001.0)
    assert write_tiers({}, spent) is None
    assert write_tiers({"silver": 0.1, "gold": 0.02}, spent) == '{"gold": 1000.0, "silver": 0.0}'
    assert write_tiers({"b": 50.0, "a": 900.0}, spent) == '{"a": 900.0, "b": 0.0}'


def test_of_two_customers_who_became_one_the_better_tier_stands() -> None:
    joined = keep_better(member("silver"), (member("silver"), member("gold", START)), NAMES)
    assert (joined.tier, joined.tier_ends_on) == ("gold", START)
    assert keep_better(member(None), (member(None), None), []).tier is None


@pytest.mark.parametrize(
    "names", [("",), ("gold\n",), (" gold",), ("go\0ld",), ("Gold", "gold")], ids=repr
)
def test_a_tier_has_a_name_that_can_be_told_apart(names: tuple[str, ...], tmp_path: Path) -> None:
    shares = {name: 0.1 * (place + 1) for place, name in enumerate(names)}
    tiers = ", ".join(f"{json.dumps(name)} = {share}" for name, share in shares.items())
    file = tmp_path / "clientela.toml"
    file.write_text(f"[programme]\ntiers = {{ {tiers} }}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"programme\.tiers"):
        read_settings(file)

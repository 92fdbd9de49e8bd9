"""What alarms and what does not: weeks, levels, drift, forecasts, the ledger."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.i18n import LANGS
from clientela.monitoring.check import LEAST_PAST, Check, judge_level
from clientela.monitoring.performance import (
    Promises,
    check_churn,
    check_estimated_auc,
    check_value,
    estimate_auc,
)
from clientela.monitoring.profiles import (
    check_drift,
    count_shares,
    encode_profiles,
    measure_drift,
    profile_columns,
)
from clientela.monitoring.programme import check_members
from clientela.monitoring.weeks import check_new_values, check_weeks, read_weeks
from clientela.pipeline.monitoring import check_refused
from clientela.store.programme import Membership, ProgrammeLedger, Review, RuleVersion
from clientela.tables.ledger import Ledger, Line
from clientela.tables.schema import Tables

AS_OF = dt.date(2024, 6, 30)
RNG = np.random.default_rng(11)


def series(rows: float, weeks: int = 40, without: float = 0.1) -> pa.Table:
    """Weeks of a steady shop, the last of them as given."""
    usual = 1_000 + 50 * np.sin(np.arange(weeks))
    return pa.table(
        {
            "rows": np.r_[usual[:-1], rows],
            "customers": usual / 10,
            "money": usual * 20,
            "unidentified_share": np.r_[np.full(weeks - 1, 0.1), without],
        }
    )


def states(checks: Iterable[Check]) -> dict[str, str]:
    return {check.name: check.state for check in checks}


@pytest.mark.parametrize(("rows", "state"), [(1_000, "ok"), (400, "alarm"), (3_000, "alarm")])
def test_a_week_far_from_the_usual_alarms(rows: float, state: str) -> None:
    checks = states(check_weeks(series(rows)))
    assert checks == {
        "rows": state,
        "customers": "ok",
        "money": "ok",
        "unidentified_share": "ok",
    }


def test_a_season_of_a_year_ago_is_expected_again() -> None:
    values = np.full(105, 1_000.0)
    values[51:54] = values[103:] = 3_000.0  # the same weeks of two years, the last not over
    weeks = pa.table(dict.fromkeys(series(1).column_names, values))
    assert states(check_weeks(weeks))["rows"] == "ok"
    values[51:54] = 1_000.0
    weeks = pa.table(dict.fromkeys(series(1).column_names, values))
    assert states(check_weeks(weeks))["rows"] == "alarm"


def test_a_young_shop_is_not_judged() -> None:
    assert set(states(check_weeks(series(1, weeks=10))).values()) == {"learning"}


def test_rows_without_a_customer_alarm_upwards_alone() -> None:
    assert states(check_weeks(series(1_000, without=0.4)))["unidentified_share"] == "alarm"
    assert states(check_weeks(series(1_000, without=0.0)))["unidentified_share"] == "ok"


def test_levels_learn_before_they_judge() -> None:
    past = [1.0] * (LEAST_PAST - 1)
    assert judge_level("data", "rows", 9.0, past, unit="count", floor=0.1).state == "learning"
    assert judge_level("data", "rows", 9.0, [*past, 1.0], unit="count", floor=0.1).state == "alarm"


def transactions(duckdb: Engine) -> Tables:
    """Two lines a week over twenty weeks, in one country up to the last week."""
    days = [AS_OF - dt.timedelta(days=7 * week + back) for week in range(20) for back in (0, 6)]
    rows = pa.table(
        {
            "ordered_local": pa.array([dt.datetime.combine(day, dt.time(12)) for day in days]),
            "customer_id": ["a", None] * 20,
            "amount": pa.array([10] * 40, pa.decimal128(18, 4)),
            "kind": ["sale"] * 40,
            "country": ["Brasil" if AS_OF - day > dt.timedelta(days=6) else "BR" for day in days],
            **{name: pa.nulls(40, pa.string()) for name in ("channel", "service", "category")},
        }
    )
    return Tables(transactions=duckdb.from_arrow(rows))


def test_weeks_end_on_the_day_and_are_whole(duckdb: Engine) -> None:
    weeks = read_weeks(duckdb, transactions(duckdb), AS_OF)
    assert len(weeks) == 19
    assert set(weeks["rows"].to_pylist()) == {2.0}
    assert set(weeks["money"].to_pylist()) == {20.0}
    assert set(weeks["unidentified_share"].to_pylist()) == {0.5}


def test_values_never_seen_before_are_named(duckdb: Engine) -> None:
    check = check_new_values(duckdb, transactions(duckdb), AS_OF)
    assert (check.state, check.detail, check.value) == ("alarm", "country: BR", 1.0)
    before = check_new_values(duckdb, transactions(duckdb), AS_OF - dt.timedelta(days=7))
    assert before.state == "ok"


def test_refused_rows_are_judged_by_earlier_sources() -> None:
    def account(refused: int) -> Ledger:
        quarantine = Line(place="quarantine", rule="no_date", rows=refused)
        return Ledger(
            source="f", table="transactions", lines=(Line(place="read", rows=100), quarantine)
        )

    earlier = [account(count % 2) for count in range(LEAST_PAST)]
    (check,) = check_refused([account(30)], [*earlier, account(30)])
    assert (check.state, check.detail) == ("alarm", "no_date")
    assert check_refused([account(2)], earlier)[0].state == "ok"
    assert not check_refused([], earlier)


def customers(shift: float, count: int = 4_000) -> pa.Table:
    orders = RNG.poisson(2.0 + shift, count) + 1
    names = np.where(RNG.random(count) < 0.5 + shift / 10, "gold", "blue")
    return pa.table(
        {
            "orders": orders,
            "revenue": RNG.gamma(2.0, 10.0 * (1 + shift), count),
            "gap_days_mean": pa.array([None if value < 2 else float(value) for value in orders]),
            "rfm_segment": pa.array(names),
        }
    )


def test_drift_is_seen_and_sampling_is_not() -> None:
    before, past = customers(0.0), dict.fromkeys(("orders", "revenue", "gap_days_mean"), [0.01] * 3)
    reference = profile_columns(before)
    for shift, expected in ((0.0, False), (1.0, True)):
        now = customers(shift)
        rows = measure_drift(now, profile_columns(now), reference, past)
        drifted = {row["column"]: row["drifted"] for row in rows}
        assert drifted["revenue"] is expected
        assert not drifted["rfm_segment"]  # without a past of its own nothing alarms
    young = [{"column": "revenue", "psi": 3.0, "psi_limit": 0.5, "drifted": False}]
    assert check_drift(young).state == "learning"
    assert {row["column"] for row in encode_profiles(reference)} == set(before.column_names)


def test_shares_of_a_profile_are_counted_as_they_were_made() -> None:
    table = customers(0.0)
    for name, profile in profile_columns(table).items():
        assert np.allclose(count_shares(table, name, profile), profile.shares), name
        assert sum(profile.shares) == pytest.approx(1.0)


def forecast(
    bias: float = 0.0, shuffle: bool = False, count: int = 3_000
) -> tuple[pa.Table, Promises]:
    chance = RNG.beta(1.0, 2.0, count)
    left = RNG.random(count) < np.clip(chance + bias, 0, 1)
    if shuffle:
        RNG.shuffle(left)
    revenue = np.where(left, 0.0, 100.0)
    table = pa.table(
        {
            "insider": ["member" if number % 3 == 0 else None for number in range(count)],
            "churn_probability": chance,
            "expected_revenue": 100.0 * (1 - chance),
            "expected_revenue_low": np.zeros(count),
            "expected_revenue_high": np.full(count, 100.0 if not shuffle else 50.0),
            "later_revenue": revenue,
            "later_orders": (~left).astype(float),
        }
    )
    area = estimate_auc(chance)
    total = float((100.0 * (1 - chance)).sum())
    promised: Promises = {
        "roc_auc": (area, area - 0.02, area + 0.02),
        "expected_revenue_known": (total, 0.95 * total, 1.05 * total),
    }
    return table, promised


def test_forecasts_that_hold_do_not_alarm() -> None:
    ripe = forecast()
    checks = [*check_churn(*ripe), *check_value(*ripe, 0.8)]
    assert set(states(checks).values()) == {"ok"}
    assert "realised_revenue_known" in states(checks)


def test_a_ranking_that_is_lost_alarms() -> None:
    ripe = forecast(shuffle=True)
    assert states(check_churn(*ripe))["churn_auc"] == "alarm"
    assert states(check_value(*ripe, 0.8))["value_coverage"] == "alarm"


def test_a_level_that_moved_alarms() -> None:
    ripe = forecast(bias=0.25)
    assert states(check_churn(*ripe))["churn_level"] == "alarm"
    assert states(check_value(*ripe, 0.8))["realised_revenue_known"] == "alarm"


def test_few_leavers_are_not_judged() -> None:
    assert set(states(check_churn(*forecast(count=40))).values()) == {"learning"}


def test_the_estimate_agrees_with_what_comes() -> None:
    table, promised = forecast()
    realised = check_churn(table, promised)[0].value
    estimated = check_estimated_auc(table, promised["roc_auc"])
    assert estimated.state == "ok"
    assert estimated.value == pytest.approx(realised, abs=0.03)
    flat = pa.table({"churn_probability": np.full(500, 0.4)})
    assert check_estimated_auc(flat, promised["roc_auc"]).state == "alarm"


def test_a_season_of_many_customers_is_no_lost_ranking() -> None:
    chance = np.random.default_rng(1).beta(0.6, 1.2, 50_000)
    table = pa.table({"churn_probability": chance})
    value = check_estimated_auc(table, (0.8, 0.799, 0.801)).value
    assert value is not None
    promises = {"ok": value + 0.03, "alarm": value + 0.08}
    for state, auc in promises.items():
        assert check_estimated_auc(table, (auc, auc - 0.001, auc + 0.001)).state == state


def ledger(**changes: Any) -> ProgrammeLedger:
    day = dt.date(2024, 1, 1)
    rule = RuleVersion(
        version=1,
        entry="[]",
        exit="[]",
        grace_days=30,
        proposed_at=dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        run_id="r",
        members=1,
        entering=1,
        leaving=0,
    )
    record = Membership(
        **{
            "recorded_on": day,
            "customer_id": "a",
            "entered_on": day,
            "rule_version": 1,
            "reason": "launched",
            **changes,
        }
    )
    review = Review(reviewed_on=day, rule_version=1, members=1, entered=1)
    return ProgrammeLedger((rule,), (record,), (review,))


def test_a_ledger_that_contradicts_itself_alarms() -> None:
    assert states(check_members(ledger()))["ledger"] == "ok"
    broken = ledger(left_on=dt.date(2023, 12, 1))
    (check,) = check_members(broken)
    assert (check.state, check.detail) == ("alarm", "left_on < entered_on")
    assert not check_members(ProgrammeLedger())


@pytest.mark.parametrize("lang", LANGS)
def test_each_state_has_its_sentence(lang: str) -> None:
    for rows, weeks in ((400, 40), (1_000, 40), (1, 10)):
        for check in check_weeks(series(rows, weeks=weeks)):
            row = check.row("BRL")
            assert row[f"sentence_{lang.lower()}"]
            assert (f"advice_{lang.lower()}" in row) == (check.state == "alarm")

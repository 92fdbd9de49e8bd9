"""Claims: stated once a horizon, carried from run to run, and checked when their days are over."""

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from clientela.features.history import History
from clientela.features.outcome import OUTCOME
from clientela.monitoring.claims import carry_claims, check_claims, list_claims
from clientela.pipeline.backtest.claims import list_claim_days
from clientela.pipeline.backtest.context import BacktestPeriod
from clientela.report.answers.method import list_claims as list_answers
from clientela.report.answers.method import state_claims
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData
from clientela.store.arrow_schemas import arrow_table
from clientela.value.fit.choice import ModelVerdict

DAY, DAYS = dt.date(2011, 6, 9), 91
DUE = DAY + dt.timedelta(days=DAYS)
FORECAST = {"customer_group": "known", "expected": 100.0, "low": 80.0, "high": 130.0, "days": DAYS}


def verdict(high: float, dates: int = 4) -> ModelVerdict:
    return ModelVerdict(
        "value_median", "blend", "mae", "last_period", "blend",
        difference=-20.0, low=-30.0, high=high, dates=dates,
    )  # fmt: skip


def claims(day: dt.date = DAY) -> list[dict[str, Any]]:
    beats = verdict(-10.0).claims(DAYS)
    return list_claims(day, beats, [FORECAST | {"level": 0.8}])


def history(as_of: dt.date, *revenue: float) -> History:
    """Return a past in which A, then B, bought after the day; A was known on it."""
    later = pa.Table.from_pylist(
        [
            {"customer_id": name, "later_revenue": came}
            for name, came in zip("AB"[: len(revenue)], revenue, strict=True)
        ],
        OUTCOME,
    )
    known = pa.table({"customer_id": ["A"], "orders": [1]})
    past = SimpleNamespace(as_of=as_of, gather=lambda *_: later, snapshot=lambda *_: known)
    return cast(History, past)


def metrics(day: dt.date, model: float, naive: float) -> list[dict[str, Any]]:
    common = {"purpose": "value_median", "metric": "mae", "as_of": day}
    return [
        common | {"model": name, "value": value}
        for name, value in (("blend", model), ("last_period", naive))
    ]


def test_nothing_is_claimed_from_three_dates_or_without_a_level() -> None:
    assert verdict(1.0).claims(DAYS) == verdict(-10.0, dates=3).claims(DAYS) == []
    assert list_claims(DAY, [], [FORECAST | {"level": None}]) == []


def test_a_claim_is_made_again_once_its_days_are_over() -> None:
    first = claims()
    nightly = carry_claims(first, claims(DAY + dt.timedelta(days=1)))
    assert nightly == first
    assert [row["claimed_on"] for row in carry_claims(first, claims(DUE))] == [DAY] * 2 + [DUE] * 2


def test_nothing_is_checked_before_its_days_are_over() -> None:
    before = history(DUE - dt.timedelta(days=1), 1.0, 1.0)
    assert check_claims(claims(), before, metrics(DAY, 90.0, 100.0)) == claims()


@pytest.mark.parametrize(("model", "came", "held"), [(90.0, 120.0, True), (110.0, 70.0, False)])
def test_claims_are_held_against_what_came(model: float, came: float, held: bool) -> None:
    earlier = metrics(DAY - dt.timedelta(days=1), 200.0 - model, 100.0)  # says the opposite
    later = metrics(DUE, 200.0 - model, 100.0)
    rows = [*later, *metrics(DAY, model, 100.0), *earlier]
    beats, total = check_claims(claims(), history(DUE, came, 500.0), rows)
    assert (beats["held"], beats["came"], beats["judged_on"]) == (held, model - 100.0, DAY)
    assert (total["held"], total["came"]) == (held, came)  # the newcomer's 500 is not of it


def test_models_that_nobody_measured_leave_the_claim_open() -> None:
    beats, _ = check_claims(claims(), history(DUE, 100.0), metrics(DAY, 90.0, 100.0)[:1])
    assert beats["held"] is None


@pytest.mark.parametrize(
    ("lang", "opened", "counted"),
    [("en", "2 things", "last 2 sentences"), ("pt_BR", "2 afirmações", "últimas 2")],
)
def test_the_report_counts_the_last_claims(lang: Any, opened: str, counted: str) -> None:
    fmt = Formatter(lang, "GBP")
    fresh = ReportData({"claims": arrow_table("claims", claims())})
    assert opened in state_claims(fresh, fmt)
    checked = check_claims(claims(), history(DUE, 120.0), metrics(DAY, 110.0, 100.0))
    data = ReportData({"claims": arrow_table("claims", checked)})
    assert counted in state_claims(data, fmt)
    assert "1" in state_claims(data, fmt).partition("2")[2]
    answer = list_answers(data, fmt)
    assert answer is not None
    assert len(answer.rows) == 2
    assert state_claims(ReportData({}), fmt) == ""


def test_days_with_too_little_behind_them_are_left_out() -> None:
    period = BacktestPeriod(dt.date(2010, 12, 1), dt.date(2011, 12, 9), dt.date(2011, 9, 9), 91)
    assert list_claim_days(period) == []

"""Claims of past days: made where the interval says so, held where the days after do."""

import datetime as dt

from clientela.pipeline.backtest.claims import list_claim_days, list_claims
from clientela.pipeline.backtest.context import BacktestPeriod
from clientela.value.fit.choice import ModelVerdict

DAY = dt.date(2011, 9, 9)


def verdict(high: float, dates: int = 4) -> ModelVerdict:
    return ModelVerdict(
        "value_median", "blend", "mae", "last_period", "blend",
        difference=-20.0, low=-30.0, high=high, dates=dates,
    )  # fmt: skip


def judged(model: float, naive: float) -> list[dict[str, object]]:
    common = {"purpose": "value_median", "metric": "mae"}
    return [
        common | {"model": name, "value": value}
        for name, value in (("blend", model), ("last_period", naive))
    ]


def test_a_claim_holds_where_the_model_was_nearer() -> None:
    held, missed = (list_claims(DAY, [verdict(-10.0)], None, judged(*pair))[0]
                    for pair in ((90.0, 100.0), (110.0, 100.0)))  # fmt: skip
    assert (held["held"], held["came"]) == (True, -10.0)
    assert (missed["held"], missed["came"]) == (False, 10.0)
    assert list_claims(DAY, [verdict(-10.0)], None, [])[0]["held"] is None


def test_nothing_is_claimed_from_three_dates_or_an_interval_beyond_zero() -> None:
    verdicts = [verdict(1.0), verdict(-10.0, dates=3)]
    assert list_claims(DAY, verdicts, None, judged(90.0, 100.0)) == []


def test_days_with_too_little_behind_them_are_left_out() -> None:
    period = BacktestPeriod(dt.date(2010, 12, 1), dt.date(2011, 12, 9), DAY, 91)
    assert list_claim_days(period) == []

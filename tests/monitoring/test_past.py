"""What an earlier run promised: only what it gave, and members only from the launch on."""

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import pytest

from clientela.monitoring.past import PastRuns
from clientela.store.read import Reader
from tests.store.runs import record


def promises(state: str, **changes: Any) -> set[str]:
    common = {"value": 100.0, "low": 80.0, "high": 130.0, "horizon_days": 90, "judged": True}
    figures = [
        {"name": f"expected_revenue_{group}"} | common | changes for group in ("known", "members")
    ]
    summary = {"value": {"horizon_days": 90}, "programme": {"state": state}, "figures": figures}
    run = record(1, summary=summary)
    empty = SimpleNamespace(content=[])
    reader = SimpleNamespace(runs=lambda limit: [run], table=lambda *_: empty)
    past = PastRuns(cast(Reader, reader), dt.date(2012, 6, 1))
    return {name.removeprefix("expected_revenue_") for name in past.read_promises(run)}


def test_members_are_promised_nothing_before_the_launch() -> None:
    assert promises("not_launched") == {"known"}
    assert promises("launched") == {"known", "members"}


@pytest.mark.parametrize("changes", [{"judged": False}, {"horizon_days": 180}, {"low": None}])
def test_a_forecast_that_was_not_given_is_not_judged(changes: dict[str, Any]) -> None:
    assert promises("launched", **changes) == set()

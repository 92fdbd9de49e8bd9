"""Groups forecast by their share of what the model of value says."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from clientela.features.daily_revenue import Takings
from clientela.value.fit.learning import SnapshotForecast
from clientela.value.groups.model import ValueForecast
from tests.value.daily import FIRST, brought

DAYS = 400
AS_OF = FIRST + dt.timedelta(days=DAYS - 1)
IDS = ("a", "b", "c")


def firm() -> Takings:
    return brought([(who, day, 10.0) for who in IDS for day in range(DAYS)], AS_OF)


def model(since: dt.date) -> ValueForecast:
    """Give a model that puts half of all on the first customer, known since a day."""
    table = pa.table({"customer_id": list(IDS)})

    def sort(snapshot: pa.Table) -> np.ndarray:
        return np.array([2.0, 1.0, 1.0])

    def expected_at(day: dt.date) -> SnapshotForecast | None:
        return sort if day >= since else None

    return ValueForecast(lambda day: table, expected_at)


def test_a_group_gets_its_share_of_what_all_are_foretold() -> None:
    takings = firm()
    members = takings.members(pa.array(["a"]))
    for days in (30, 90):
        told = model(FIRST).expected(takings, members, AS_OF, days)
        assert told == pytest.approx(0.5 * 30.0 * days)
        everyone = model(FIRST).expected(takings, np.ones(3, dtype=np.bool_), AS_OF, days)
        assert everyone == pytest.approx(30.0 * days)


def test_days_before_the_first_model_have_no_forecast() -> None:
    takings = firm()
    members = takings.members(pa.array(["a"]))
    late = model(AS_OF - dt.timedelta(days=10))
    assert late.expected(takings, members, AS_OF - dt.timedelta(days=100), 30) is None
    early = FIRST + dt.timedelta(days=100)
    assert model(FIRST).expected(takings, members, early, 90) is not None
    assert model(FIRST).expected(takings, members, early, 180) is None  # 180 days were never seen


def test_what_follows_a_day_changes_no_forecast_made_on_it() -> None:
    day = AS_OF - dt.timedelta(days=90)
    rows = [(who, at, 10.0 if at < DAYS - 90 else 99.0) for who in IDS for at in range(DAYS)]
    members = firm().members(pa.array(["a"]))
    first = model(FIRST).expected(firm(), members, day, 30)
    assert first == model(FIRST).expected(brought(rows, AS_OF), members, day, 30)

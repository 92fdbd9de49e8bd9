"""Every table of a run that speaks of known customers says the same."""

import sqlite3
from typing import Any

import pytest

from tests.shop import FirstRun


def read(run: FirstRun, query: str) -> list[dict[str, Any]]:
    with sqlite3.connect(run.workspace / "results.db") as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query)]


def test_customers_value_forecast_and_programme_forecast_agree_to_the_cent(
    first_run: FirstRun,
) -> None:
    total = read(first_run, "select sum(expected_revenue) as total from customers")[0]["total"]
    value = {row["customer_group"]: row for row in read(first_run, "select * from value_forecast")}
    programme = {
        (row["customer_group"], row["months"]): row
        for row in read(first_run, "select * from programme_forecast")
    }
    assert value["known"]["expected"] == pytest.approx(total, abs=0.005)
    assert value["known"]["days"] == 90
    for name in ("expected", "low", "high", "level", "method", "hits", "dates", "bias"):
        assert programme["known", 3][name] == value["known"][name], name
    for months in (1, 3, 6):
        parts = programme["members", months]["expected"] + programme["rest", months]["expected"]
        assert parts == pytest.approx(programme["known", months]["expected"], abs=0.005)
    if value["new"]["expected"] is not None:
        everyone = value["known"]["expected"] + value["new"]["expected"]
        assert value["everyone"]["expected"] == pytest.approx(everyone, abs=0.005)


def test_the_members_list_sums_to_the_members_forecast(first_run: FirstRun) -> None:
    listed = read(
        first_run,
        "select sum(expected_revenue) as total from programme_members"
        " where status in ('member', 'leaving')",
    )[0]["total"]
    forecast = read(
        first_run,
        "select expected from programme_forecast where customer_group = 'members' and months = 3",
    )[0]["expected"]
    assert forecast == pytest.approx(listed, abs=0.005)

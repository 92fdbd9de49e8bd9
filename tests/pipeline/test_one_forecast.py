"""Every table of a run that speaks of known customers says the same."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.shop import QUICK, FirstRun, clientela


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


def test_what_leaving_costs_is_of_the_days_that_leaving_speaks_of(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = FirstRun(tmp_path)
    first_run.copy(run.workspace)
    config = tmp_path / "clientela.toml"
    config.write_text(QUICK.read_text("utf-8") + "horizon_days = 30\n", "utf-8")  # [churn] is last
    assert clientela(capsys, "run", "-c", config, "--workspace", run.workspace).code == 0
    scored = read(run, "select * from current_customers where expected_loss is not null")
    assert len(scored) > 50
    for row in scored:
        active, loss = row["expected_revenue_if_active"], row["expected_loss"]
        assert loss == pytest.approx(active - row["expected_revenue_churn_days"], abs=0.005)
        assert loss == pytest.approx(row["churn_probability"] * active, abs=0.005)
    month = read(
        run,
        "select expected, measurable from current_programme_forecast"
        " where customer_group = 'known' and months = 1",
    )[0]
    total = read(
        run,
        "select sum(expected_revenue) as quarter, sum(expected_revenue_churn_days) as month"
        " from current_customers",
    )[0]
    assert total["month"] == pytest.approx(month["expected"], abs=0.005)
    assert total["month"] < 0.9 * total["quarter"]
    figure = read(run, "select * from current_figures where name = 'expected_loss_to_contact'")[0]
    assert (figure["horizon_days"], figure["judged"]) == (30, month["measurable"])

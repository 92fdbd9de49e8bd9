"""A real run contradicts itself nowhere, and each check of the script can fail."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.contradictions import CHECKS, find_contradictions, main, read_run
from tests.shop import FirstRun

Tables = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def run(first_run: FirstRun) -> tuple[Tables, dict[str, Any]]:
    return read_run(f"sqlite:///{first_run.workspace / 'results.db'}")


def test_a_run_contradicts_itself_nowhere(run: tuple[Tables, dict[str, Any]]) -> None:
    tables, facts = run
    assert len(tables["customers"]) > 50
    assert tables["programme_members"]
    assert any(row["contact_rank"] for row in tables["customers"])
    assert find_contradictions(tables, facts) == []


def test_without_results_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["contradictions.py", str(tmp_path)])
    with pytest.raises(SystemExit) as error:
        main()
    assert error.value.code == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert "no results database" in text


def change(table: str, column: str, value: Any, *, where: Callable[[Any], bool] = bool) -> Any:
    """Return what changes a column in the first row that a condition holds for."""

    def corrupt(tables: Tables) -> None:
        row = next(row for row in tables[table] if where(row))
        row[column] = value(row[column]) if callable(value) else value

    return corrupt


def more(value: Any) -> Any:
    return (value or 0) + 7


def is_figure(name: str) -> Callable[[Any], bool]:
    return lambda row: bool(row["name"] == name)


WRONG = {
    ("states", "not judged alike"): change(
        "figures",
        "judged",
        lambda judged: not judged,
        where=is_figure("expected_loss_to_contact"),
    ),
    ("terminal", "the terminal"): lambda tables: tables["figures"].clear(),
    ("customers", "customers"): change("figures", "value", more, where=is_figure("customers")),
    ("customers", "revenue of segment"): change("segments", "revenue", more),
    ("customers", "share of segment"): change("segments", "customers_share", more),
    ("risk", "loss of"): change(
        "customers", "expected_loss", more, where=lambda row: row["expected_loss"]
    ),
    ("risk", "contact ranks"): change(
        "customers", "contact_rank", more, where=lambda row: row["contact_rank"] == 1
    ),
    ("risk", "at high risk"): change(
        "figures", "value", more, where=is_figure("customers_at_high_risk")
    ),
    ("forecasts", "last_period of known"): change(
        "programme_forecast",
        "last_period",
        more,
        where=lambda row: row["customer_group"] == "rest" and row["last_period"] is not None,
    ),
    ("forecasts", "forecast of known"): change("customers", "expected_revenue", more),
    ("forecasts", "lies outside"): change(
        "figures", "low", 1e12, where=lambda row: row["high"] is not None
    ),
    ("programme", "status of"): change("customers", "insider", "candidate"),
    ("programme", "entry rule"): change("programme_conditions", "value", lambda value: value * 50),
    ("programme", "day of entry"): change("programme_members", "since", "2011-01-01"),
    ("programme", "members' share"): change(
        "figures", "value", more, where=is_figure("members_share")
    ),
    ("rows", "months"): change("revenue_by_month", "net", more),
    ("rows", "rows read"): change("quality", "rows", more, where=lambda row: row["rule"] == "read"),
    ("evidence", "hypotheses"): lambda tables: tables["figures"].append(
        tables["figures"][0] | {"name": "hypotheses_confirmed", "value": 99.0}
    ),
    ("evidence", "audience"): change("actions", "audience", more),
    ("figures", "figures of one meaning"): lambda tables: tables["figures"].append(
        tables["figures"][0]
    ),
    ("figures", "names"): change(
        "answers", "content", lambda text: text.replace('"headline":"', '"headline":"987,654 ', 1)
    ),
}


@pytest.mark.parametrize(("check", "said"), WRONG)
def test_each_check_can_fail(run: tuple[Tables, dict[str, Any]], check: str, said: str) -> None:
    tables, facts = copy.deepcopy(run[0]), run[1]
    WRONG[check, said](tables)
    lines = [f"{check}: {line}" for line in CHECKS[check](tables, facts)]
    assert any(said in line for line in lines), lines


def test_every_check_is_tried() -> None:
    assert {check for check, _ in WRONG} == set(CHECKS)

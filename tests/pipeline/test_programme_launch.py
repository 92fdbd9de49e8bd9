"""The programme launched on a small shop: whole runs move the ledger, and nothing rewrites it."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from clientela.config import Programme
from clientela.pipeline.programme_launch import propose_rules
from clientela.report.terminal.programme import format_history, format_programme, format_version
from tests.pipeline.test_run import ran, rows
from tests.shop import FirstRun, Ran, clientela

RECORDS = "SELECT * FROM programme_memberships ORDER BY position"
MEMBERS = (
    "SELECT customer_id, since, leaves_on, status, expected_revenue FROM current_programme_members "
    "WHERE status <> 'candidate'"
)


@pytest.fixture
def programme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*words: str) -> Ran:
        return clientela(capsys, "programme", *words, "--workspace", tmp_path)

    return command


def test_from_the_launch_list_over_reviews_to_the_history(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], programme: Any
) -> None:
    first_run.copy(tmp_path)
    (tmp_path / "results.db").unlink()  # its run knew the days that follow

    def run(day: str, *options: str | Path) -> dict[str, Any]:
        words: tuple[str | Path, ...] = ("run", *options, "--as-of", day, "--workspace", tmp_path)
        facts: dict[str, Any] = ran(clientela(capsys, *words))["programme"]
        return facts

    assert run("2011-09-15", "--refit")["state"] == "not_launched"
    listed = rows(tmp_path, MEMBERS)
    assert listed
    assert all(row["since"] is None and row["status"] == "member" for row in listed)
    assert programme("launch").code == 2
    assert programme("approve", "1", "--by", "Ana").code == 2
    assert programme("propose").code == 0
    assert programme("propose").code == 2
    state = programme("show").facts
    assert "not launched" in format_programme(state, "en")
    assert "não lançado" in format_programme(state, "pt_BR")
    assert programme("approve", "1", "--by", "Ana").code == 0
    assert programme("launch").facts["members"] == len(listed)
    assert programme("launch").code == 2
    launched = rows(tmp_path, RECORDS)
    assert {row["customer_id"] for row in launched} == {row["customer_id"] for row in listed}

    facts = run("2011-11-05", "--refit")
    assert (facts["state"], facts["rule_version"], facts["next_review"]) == (
        "launched",
        1,
        "2011-12-01",
    )
    records = rows(tmp_path, RECORDS)
    assert records[: len(launched)] == launched
    last = {row["customer_id"]: row for row in records}
    inside = {name: row for name, row in last.items() if row["left_on"] is None}
    members = rows(tmp_path, MEMBERS)
    assert {row["customer_id"]: row["since"] for row in members} == {
        name: row["entered_on"] for name, row in inside.items()
    }
    assert facts["members"] == len(members)
    forecast = rows(
        tmp_path,
        "SELECT expected FROM current_programme_forecast "
        "WHERE customer_group = 'members' AND months = 3",
    )[0]["expected"]
    assert forecast == pytest.approx(sum(row["expected_revenue"] for row in members), abs=0.005)

    run("2011-10-20")  # a day before the ledger's last
    assert rows(tmp_path, RECORDS) == records
    reviews = programme("history").facts["reviews"]
    assert [row["reviewed_on"] for row in reviews] == ["2011-09-15", "2011-10-01", "2011-11-01"]
    records_of_one = programme("history", "--customer", launched[0]["customer_id"]).facts
    assert "entrou no lançamento" in format_history(records_of_one, "pt_BR")
    assert "entered with the launch" in format_history(records_of_one, "en")
    assert programme("history", "--customer", "nobody").code == 2

    assert "no sentence" in programme("propose", "--enter", "tenure_days >= 9").out
    assert "no condition" in programme("propose", "--enter", "orders_365d > 9").out
    assert programme("propose", "--stay", "orders_365d >= 9").code == 2
    strict = ("--enter", "orders_365d >= 2", "--stay", "orders_365d >= 3")
    assert "same review" in programme("propose", *strict).out
    own = ("--enter", "revenue_365d >= 100", "--stay", "revenue_365d >= 1")
    version = programme("propose", *own).facts
    assert (version["version"], version["approved_by"]) == (2, None)
    refused = programme("refuse", "2", "--by", "Bia").facts
    assert refused["refused_by"] == "Bia"
    assert "recusada por Bia" in format_programme(programme("show").facts, "pt_BR")
    assert "was refused by Bia" in programme("approve", "2", "--by", "Ana").out
    assert "Bia refused it" in programme("propose", *own).out
    spent = rows(tmp_path, "SELECT customer_id, revenue_365d AS amount FROM current_customers")
    names = {row["customer_id"] for row in members}
    held = [row for row in spent if row["amount"] >= (1 if row["customer_id"] in names else 100)]
    assert version["members"] == len(held)
    assert version["returned_share"] <= 0.05


def test_tiers_of_the_settings_are_proposed_at_once(first_run: FirstRun, tmp_path: Path) -> None:
    first_run.copy(tmp_path)
    url = f"sqlite:///{tmp_path / 'results.db'}"
    settings = Programme(tiers={"gold": 0.1, "silver": 1.0})
    version = propose_rules(url, settings, dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    assert list(version["tiers"]) == ["gold", "silver"]
    assert version["tiers"]["gold"] > version["tiers"]["silver"] == 0.0
    assert "gold" in format_version(version, "en")

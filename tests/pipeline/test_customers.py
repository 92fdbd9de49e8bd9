"""The two-file layout of a subscription firm, privacy, and one currency a workspace."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clientela.config import read_settings
from tests.pipeline.test_run import ran, rows
from tests.reading import quarantined, read_in
from tests.shop import QUICK, clientela

CUSTOMERS = """customer_id,age,gender,signup_date,region,churn
s1,34,F,2023-01-05,Sul,0
s2,250,f,2023-02-01,sul,1
s3,29,M,2099-01-01,Norte,0
s4,abc,F,2023-01-01,Sul,0
s1,35,F,2023-01-05,Sul,0
,40,M,2023-01-01,Norte,0
s5,51,F,2023-06-01,Sul,0
"""


def purchases() -> str:
    lines = ["customer_id,transaction_date,amount,service"]
    for month in range(1, 13):
        for number in range(1, 6):
            day = 1 + (month * number) % 27
            lines.append(f"s{number},2023-{month:02d}-{day:02d},{20 + number},basic")
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "transactions.csv", tmp_path / "customers.csv"
    paths[0].write_text(purchases(), "utf-8")
    paths[1].write_text(CUSTOMERS, "utf-8")
    settings = tmp_path / "w" / "clientela.toml"  # one of seven rows has no id
    settings.parent.mkdir()
    quick = QUICK.read_text("utf-8")
    settings.write_text(f"{quick}[cleaning]\nmax_refused_rows_share = 0.2\n")
    return paths


def found(workspace: Path) -> dict[str, int]:
    listed = rows(workspace, "SELECT rule, rows FROM current_quality WHERE decision IS NOT NULL")
    return {row["rule"]: row["rows"] for row in listed}


def test_customers_are_cleaned_and_join_their_purchases(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    facts = ran(clientela(capsys, "run", *files, "--workspace", workspace))
    people = [line for line in facts["reconciliation"] if line["table"] == "customers"]
    assert {(line["place"], line["rule"]): line["rows"] for line in people} == {
        ("read", None): 7,
        ("customer", None): 5,
        ("quarantine", "missing_customer_id"): 1,
        ("quarantine", "superseded_customer"): 1,
    }
    counted = found(workspace)
    assert counted["absurd_age"] == 1
    assert counted["unreadable_age"] == 1
    assert counted["future_signup"] == 1
    assert counted["signup_after_first_purchase"] == 4
    assert counted["customer_spelling_variant"] == 1
    query = "SELECT customer_id, age_years, gender, region, signup_days FROM current_customers"
    known = {row.pop("customer_id"): row for row in rows(workspace, query)}
    assert known["s1"]["age_years"] == 35
    assert known["s2"]["age_years"] is None
    assert known["s2"]["gender"] == "F"
    assert known["s2"]["region"] == "Sul"
    assert known["s3"]["signup_days"] is None


def test_the_same_customers_again_are_already_held(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    settings = read_settings(workspace / "clientela.toml")
    read_in(workspace, files[0], customers=(str(files[1]),), settings=settings)
    again = read_in(workspace, *files, settings=settings)
    for place in ("already_held", "read"):
        counts = [account.total(place).rows for account in again.ledgers]
        assert counts == [60, 7]
    files[1].write_text(CUSTOMERS.replace("s5,51,F", "s5,52,F"), "utf-8")
    changed = ran(clientela(capsys, "run", files[1], "--workspace", workspace))
    assert changed["rows_already_held"] == 6
    known = rows(workspace, "SELECT age_years FROM current_customers WHERE customer_id = 's5'")
    assert known == [{"age_years": 52}]
    superseded = rows(
        workspace, "SELECT line FROM current_quarantine WHERE rule = 'superseded_customer'"
    )
    assert len(superseded) == 2


def test_hashed_ids_and_dropped_columns_are_stored_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, config, workspace = (tmp_path / name for name in ("a.csv", "clientela.toml", "w"))
    source.write_text(
        "customer_id,trans_date,tran_amount,email\n"
        + "".join(
            f"person{i % 9},{1 + i % 28}-Feb-17,{5 + i},p{i}@example.org\n" for i in range(60)
        )
        + "person3,never,5,p@example.org\n",
        "utf-8",
    )
    privacy = '[privacy]\nhash_ids = true\ndrop_columns = ["email"]\n'
    config.write_text(QUICK.read_text("utf-8") + privacy)
    arguments = ("run", source, "--config", config, "--workspace", workspace)
    without_key = clientela(capsys, *arguments)
    assert without_key.code == 2
    assert "CLIENTELA_HMAC_KEY" in str(without_key.facts)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "a secret of some length, for tests")
    facts = ran(clientela(capsys, *arguments))
    assert facts["customers"] == 9
    stored = [str(pq.read_table(path).to_pylist()) for path in workspace.rglob("*.parquet")]
    with closing(sqlite3.connect(workspace / "results.db")) as connection:
        stored += list(connection.iterdump())
    everything = "".join(stored)
    assert not re.search(r"person\d", everything)
    assert "example.org" not in everything
    assert len(set(re.findall(r"\b[0-9a-f]{64}\b", everything))) >= 9


TWO = "customer_id,order_id,ordered_local,amount,currency\n" + "".join(
    f"c{i % 4},o{i},2024-01-{1 + i % 28:02d} 10:00:00,{10 + i},{'BRL' if i % 10 else 'USD'}\n"
    for i in range(60)
)


def test_two_currencies_are_a_question(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, config = tmp_path / "two.csv", tmp_path / "keep.toml"
    source.write_text(TWO)
    asked = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert asked.code == 2
    assert asked.facts["type"].endswith(":decision-needed")
    assert "BRL, USD" in asked.facts["detail"]
    config.write_text(
        QUICK.read_text("utf-8") + "[source]\nkeep_currency = 'BRL'\n"
        "[cleaning]\nmax_refused_rows_share = 0.2\nmax_refused_money_share = 0.2\n"
    )
    kept = read_in(tmp_path / "w", source, settings=read_settings(config))
    assert kept.manifest.currency == "BRL"
    assert quarantined(tmp_path / "w") == 6
    amounts = {line.place: line.amount for line in kept.ledgers[0].lines}
    reais = sum(10 + i for i in range(60) if i % 10)
    assert amounts == {"read": reais, "sale": reais, "quarantine": 0}

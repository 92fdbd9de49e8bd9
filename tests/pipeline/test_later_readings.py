"""What a later reading of the same firm's files does to what is held."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from clientela.config import read_settings
from clientela.errors import InputError, LimitExceeded
from clientela.pipeline.reading import RunRequest, TablesState
from clientela.pipeline.run import run
from clientela.report.terminal.run import format_run
from tests.pipeline.test_run import rows
from tests.reading import lines, quarantined, read_in, snapshot
from tests.shop import QUICK, clientela

HEADER = "customer_id,order_id,ordered_local,amount,country\n"
JANUARY = dt.datetime(2024, 1, 31, 12, tzinfo=dt.UTC)


def orders(count: int, start: int = 0, day: str = "2024-01-10", country: str = "Brasil") -> str:
    return "".join(
        f"c{i % 7},o{i},{day} 10:00:00,{10 + i % 5},{country}\n"
        for i in range(start, start + count)
    )


def read(
    source: Path, text: str, workspace: Path, now: dt.datetime = JANUARY, **asked: Any
) -> TablesState:
    source.write_text(HEADER + text, "utf-8")
    return read_in(workspace, source, now=now, **asked)


def already_held(state: TablesState) -> int:
    return sum(ledger.total("already_held").rows for ledger in state.ledgers)


def test_a_future_line_counts_once_its_day_has_come(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    text = orders(60) + orders(1, start=900, day="2024-02-03")
    read(source, text, workspace)
    assert (lines(workspace).num_rows, quarantined(workspace)) == (60, 1)
    again = read(source, text, workspace, JANUARY + dt.timedelta(hours=1))
    assert already_held(again) == 61
    later = read(source, text, workspace, dt.datetime(2024, 2, 5, tzinfo=dt.UTC))
    assert (lines(workspace).num_rows, quarantined(workspace)) == (61, 0)
    assert (already_held(later), later.as_of) == (60, dt.date(2024, 2, 3))


def test_an_append_that_is_wholly_refused_stops(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    read(source, orders(400), workspace)
    with pytest.raises(LimitExceeded, match=r"100\.0% of rows"):
        read(source, orders(400) + "c1,o9,soon,5,Brasil\n" * 15, workspace)


def test_a_refused_day_leaves_the_tables_as_they_were(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    first = read(source, orders(60), workspace)
    before = lines(workspace)
    with pytest.raises(InputError, match="no customer has a purchase"):
        read(source, orders(30), workspace, replace=True, as_of=dt.date(1999, 1, 1))
    after = read_in(workspace, now=JANUARY + dt.timedelta(hours=1))
    assert after.totals == first.totals
    assert lines(workspace).equals(before)


def test_a_spelling_held_goes_before_a_new_one(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    read(source, orders(20), workspace)
    read(source, orders(50, start=100, country="BRASIL"), workspace, JANUARY + dt.timedelta(1))
    assert set(lines(workspace)["country"].to_pylist()) == {"Brasil"}


def test_replace_mends_a_damaged_manifest(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    read(source, orders(60), workspace)
    (workspace / "tables" / "manifest.json").write_text("{bad")
    read(source, orders(50), workspace, JANUARY + dt.timedelta(1), replace=True)
    assert lines(workspace).num_rows == 50


def test_revenue_is_that_of_the_day_looked_from(tmp_path: Path) -> None:
    source, workspace = tmp_path / "a.csv", tmp_path / "w"
    text = orders(50) + orders(50, start=100, day="2024-01-20")
    source.write_text(HEADER + text, "utf-8")
    request = RunRequest((str(source),), as_of=dt.date(2024, 1, 15))
    facts = run(request, read_settings(QUICK), workspace, None, JANUARY)
    (months,) = rows(workspace, "SELECT sum(net) AS net FROM current_revenue_by_month")
    whole = facts["whole_tables"]
    assert months["net"] == float(facts["revenue"]) < float(whole["net_amount"])
    assert (facts["rows_canonical"], whole["rows_canonical"]) == (50, 100)
    assert float(facts["net_amount"]) == float(facts["revenue"])
    (stored,) = rows(workspace, "SELECT net_amount, rows_canonical FROM runs")
    assert stored == {"net_amount": float(facts["net_amount"]), "rows_canonical": 50}
    text = format_run(facts)
    assert "50 rows, net" in text
    assert "The tables hold 100 rows up to 2024-01-20" in text


def test_a_customer_may_return_to_an_earlier_state(tmp_path: Path) -> None:
    source, people, workspace = (tmp_path / name for name in ("a.csv", "p.csv", "w"))
    as_of = read(source, orders(30), workspace).as_of
    for region in ("Norte", "Sul", "Norte"):
        people.write_text(f"customer_id,region\nc1,{region}\n", "utf-8")
        read_in(workspace, customers=(str(people),), now=JANUARY)
        known = snapshot(workspace, as_of)
        assert known.filter(pc.equal(known["customer_id"], "c1"))["region"].to_pylist() == [region]


def test_a_configuration_for_another_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, config = tmp_path / "a.csv", tmp_path / "other.toml"
    source.write_text(HEADER + orders(30), "utf-8")
    config.write_text(
        '[source.columns]\ncustomer_id = "customer_id"\nordered_local = "Data"\namount = "Valor"\n'
    )
    result = clientela(capsys, "run", source, "-c", config, "--workspace", tmp_path / "w")
    assert result.code == 2
    assert "Data" in result.facts["detail"]
    assert "a.csv" in result.facts["where"]

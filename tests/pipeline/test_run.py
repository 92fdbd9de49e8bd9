"""The whole run, through the command line, on small shops with known truth."""

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clientela.config import read_settings
from clientela.pipeline.unchanged import SCORED
from tests.engines import opened
from tests.published import find_differing, read_published
from tests.reading import lines, quarantined, read_in, snapshot
from tests.shop import FirstRun, Ran, clientela


def rows(workspace: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(workspace / "results.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def segments(workspace: Path) -> dict[str, int]:
    listed = rows(workspace, "SELECT customer_id, segment FROM current_customers")
    return {row["customer_id"]: row["segment"] for row in listed}


@pytest.fixture
def shop(first_run: FirstRun) -> Path:
    return first_run.source


@pytest.fixture
def halves(shop: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The shop's file in two exports that overlap by a tenth."""
    header, *lines = shop.read_text("utf-8").splitlines(keepends=True)
    cut, overlap = len(lines) // 2, len(lines) // 10
    parts = (lines[: cut + overlap], lines[cut:])
    paths = tuple(tmp_path / f"half-{number}.csv" for number in (1, 2))
    for path, part in zip(paths, parts, strict=True):
        path.write_text("".join([header, *part]), "utf-8")
    return paths[0], paths[1]


def ran(result: Ran) -> dict[str, Any]:
    assert result.code == 0, result.out + result.err
    return result.facts


def test_every_row_is_accounted_for(first_run: FirstRun) -> None:
    facts, workspace = first_run.facts, first_run.workspace
    written = len(first_run.source.read_text("utf-8").splitlines()) - 1
    assert facts["rows_in"] == written == facts["rows_canonical"] + facts["rows_quarantined"]
    account = facts["reconciliation"]
    assert account[0]["place"] == "read"
    for measure in ("rows", "customers", "amount"):
        read, *places = (round(float(line[measure]) * 10_000) for line in account)
        assert read == sum(places)
    listed = rows(workspace, "SELECT count(*) AS n, sum(revenue) AS money FROM current_customers")
    assert listed[0]["n"] == facts["customers"]
    assert sum(each["customers"] for each in facts["segments"]) == facts["customers"]
    assert sum(float(each["revenue"]) for each in facts["segments"]) == pytest.approx(
        listed[0]["money"], abs=0.05
    )
    summary = json.loads(rows(workspace, "SELECT summary FROM current_runs")[0]["summary"])
    del summary[SCORED]  # by which a later run takes the scores over
    assert summary == {
        key: value
        for key, value in facts.items()
        if key not in {"seconds", "estimate", "forgotten", "alerts"}
    }
    assert facts["alerts"] == []  # they judge the run once it is stored
    assert facts["forgotten"] is None  # the receipt of erasures, known once the run is stored


def test_overlapping_exports_in_either_order_equal_the_whole(
    shop: Path, halves: tuple[Path, Path], tmp_path: Path
) -> None:
    def held(name: str, *files: Path) -> tuple[Any, ...]:
        totals = read_in(tmp_path / name, *files).totals
        return totals, quarantined(tmp_path / name), lines(tmp_path / name)

    whole = held("whole", shop)
    assert whole[1]
    one_way, other_way = held("one", *halves), held("other", *halves[::-1])
    beside = held("one", shop)
    for found in (one_way, other_way, beside):
        assert found[:2] == whole[:2]
        assert found[2].equals(whole[2])


def test_the_same_file_again_changes_nothing(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, workspace = first_run.facts, first_run.copy(tmp_path)
    before = segments(workspace)
    again = ran(clientela(capsys, "run", first_run.source, "--workspace", workspace))
    assert again["rows_already_held"] == again["rows_in"] == first["rows_in"]
    assert again["net_amount"] == first["net_amount"]
    assert not again["model"]["fitted"]
    assert segments(workspace) == before
    moved = rows(workspace, "SELECT from_segment, to_segment FROM current_segment_migrations")
    assert all(row["from_segment"] == row["to_segment"] for row in moved)


def test_later_data_is_classified_with_the_stored_model(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, workspace = first_run.facts, first_run.copy(tmp_path / "workspace")
    before = segments(workspace)
    export = first_run.write_next_day(tmp_path, orders=40, newcomers=9)
    later = ran(clientela(capsys, "run", export, "--workspace", workspace))
    assert later["model"] == {"id": first["model"]["id"], "fitted": False, "reason": None}
    after = segments(workspace)
    assert set(before) < set(after)
    moves = rows(workspace, "SELECT * FROM current_segment_migrations")
    assert sum(move["customers"] for move in moves) == len(after)
    assert sum(m["customers"] for m in moves if m["from_segment"] is None) == len(
        set(after) - set(before)
    )
    assert len(set(after) - set(before)) == 9


def test_an_earlier_day_knows_nothing_of_later_ones(
    shop: Path, halves: tuple[Path, Path], tmp_path: Path
) -> None:
    day = read_in(tmp_path / "early", halves[0]).as_of - dt.timedelta(days=1)
    read_in(tmp_path / "whole", shop)
    known = snapshot(tmp_path / "early", day)
    assert known.num_rows
    assert snapshot(tmp_path / "whole", day).equals(known)


def test_a_damaged_model_stops_the_run_and_a_refit_mends_it(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.copy(tmp_path)
    (model,) = (tmp_path / "models" / "segments").glob("segments-*/model.json")
    model.write_text("{}")
    stopped = clientela(capsys, "run", "--workspace", tmp_path)
    assert stopped.code == 2
    assert "--refit" in stopped.facts["do"]
    mended = ran(clientela(capsys, "run", "--refit", "--workspace", tmp_path))["model"]
    assert mended["fitted"]
    assert mended["reason"].startswith("a refit was asked for: ")


def test_replace_starts_anew(halves: tuple[Path, Path], tmp_path: Path) -> None:
    read_in(tmp_path / "a", halves[0])
    replaced = read_in(tmp_path / "a", halves[1], replace=True)
    assert replaced.totals == read_in(tmp_path / "b", halves[1]).totals
    assert lines(tmp_path / "a").equals(lines(tmp_path / "b"))
    held = list((tmp_path / "a" / "tables").rglob("*.parquet"))
    assert len(held) == len(list((tmp_path / "b" / "tables").rglob("*.parquet")))


def test_changed_rules_ask_for_a_new_reading(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.copy(tmp_path)
    config = tmp_path / "strict.toml"
    config.write_text('[cleaning.rules]\nrepeated_line = "quarantine"\n')
    source = first_run.source
    refused = clientela(capsys, "run", source, "--workspace", tmp_path, "--config", config)
    assert refused.code == 2
    assert "--replace" in refused.facts["do"]
    before = quarantined(tmp_path)
    read_in(tmp_path, source, settings=read_settings(config), replace=True)
    assert quarantined(tmp_path) > before


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[segments]\nk_mni = 3\n", "k_mni"),
        ("[segments]\nk_min = 9\n", "k_min is above"),
        ("[cleaning.rules]\nnonsense = 'keep'\n", "nonsense"),
        ("[source\n", "TOML"),
        ("[segments]\nfeatures = ['no_such']\n", "no_such"),
    ],
)
def test_a_wrong_configuration_is_named(
    toml: str, says: str, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "clientela.toml"
    config.write_text(toml)
    result = clientela(capsys, "run", shop, "--config", config, "--workspace", tmp_path / "w")
    assert result.code == 2
    assert says in str(result.facts)
    assert not (tmp_path / "w" / "results.db").exists()


@pytest.mark.spark
@pytest.mark.slow
def test_spark_and_duckdb_publish_the_same(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened("spark").close()
    published = []
    for engine in ("duckdb", "spark"):
        workspace = first_run.copy(tmp_path / engine)
        words = ("run", "--engine", engine, "--refit", "--workspace", workspace)
        ran(clientela(capsys, *words))
        [row] = rows(workspace, "select engine from runs order by run_id desc limit 1")
        assert row == {"engine": engine}
        published.append(read_published(workspace / "results.db"))
    assert find_differing(*published) == []

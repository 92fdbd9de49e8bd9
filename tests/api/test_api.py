"""The Python API: the same answers as the command line, from files and from tables in memory."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import clientela as cl
from clientela.errors import DecisionNeeded, InputError, MissingExtra
from tests.shop import QUICK, small_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_shop(tmp_path_factory.mktemp("shop")).transactions


@pytest.fixture(scope="module")
def sales(shop: Path) -> Iterator[cl.Sales]:
    with cl.read(shop, config=QUICK) as opened:
        yield opened


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, time; t = time.process_time(); import clientela; "
        "spent = time.process_time() - t; "
        "heavy = {'numpy', 'pyarrow', 'duckdb', 'ibis', 'sklearn', 'msgspec'} & set(sys.modules); "
        "assert not heavy, heavy; assert spent < 0.15, spent; "
        "assert set(clientela.__all__) <= set(dir(clientela))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing_of_ours"):
        getattr(cl, "nothing_of_ours")  # noqa: B009


def test_every_row_is_accounted_for(sales: cl.Sales) -> None:
    rows = list(sales.account)
    read = sum(row["rows"] for row in rows if row["place"] == "read")
    assert read == sum(row["rows"] for row in rows if row["place"] != "read")
    assert "customers" in repr(sales)


def test_a_snapshot_knows_nothing_later(sales: cl.Sales) -> None:
    day = sales.as_of - dt.timedelta(days=90)
    past, today = sales.snapshot(day.isoformat()), sales.snapshot()
    assert 0 < len(past) <= len(today)
    assert max(past["last_order_date"]) <= day
    assert past.columns == today.columns
    with pytest.raises(InputError, match="lies outside"):
        sales.snapshot(sales.as_of + dt.timedelta(days=1))
    with pytest.raises(InputError, match="is no day"):
        sales.snapshot("yesterday")


def test_cohorts_hold_every_customer_once(sales: cl.Sales) -> None:
    rows = sales.cohorts().to_arrow().to_pylist()
    first = [row for row in rows if row["month"] == row["cohort"]]
    assert sum(row["customers"] for row in first) == len(sales.snapshot())
    assert all(row["active"] == row["customers"] for row in first)


def test_purchases_are_what_the_fitters_take(sales: cl.Sales) -> None:
    frame = sales.purchases()
    assert frame.columns == ["customer_id", "frequency", "recency", "T", "monetary_value"]
    assert len(frame) == len(sales.snapshot())
    expected = cl.btyd.BetaGeoFitter().fit(frame).expected_purchases(90)
    assert len(expected) == len(frame)
    assert (expected > 0).all()
    day = sales.as_of - dt.timedelta(days=90)
    assert max(sales.purchases(day)["T"]) == max(frame["T"]) - 90
    with pytest.raises(InputError, match="lies outside"):
        sales.purchases("2040-01-01")


def test_tables_go_to_the_libraries_that_people_use(sales: cl.Sales) -> None:
    table = sales.snapshot()
    assert isinstance(table.to_pandas(), pd.DataFrame)
    assert pa.table(table).num_rows == len(table)
    assert "<table>" in table._repr_html_()
    assert f"{len(table):,} rows" in repr(table)


def test_a_table_in_memory_is_read_as_its_file(shop: Path, sales: cl.Sales) -> None:
    frame = pd.read_csv(shop, dtype=str, keep_default_na=False)
    for source in (frame, pa.Table.from_pandas(frame, preserve_index=False)):
        with cl.read(source, config=QUICK) as again:
            assert repr(again) == repr(sales)


def test_what_is_no_source_says_so() -> None:
    with pytest.raises(InputError, match="int is no source of sales"):
        cl.read(3)


def test_segments_value_and_programme_agree_with_the_run(sales: cl.Sales, tmp_path: Path) -> None:
    segments, value, insiders = sales.segments(), sales.value(), sales.insiders()
    churn = sales.churn()
    facts = sales.run(f"sqlite:///{tmp_path}/results.db")
    profile = {row["segment"]: row["customers"] for row in segments.profile()}
    assert profile == {row["id"]: row["customers"] for row in facts["segments"]}
    assert len(value.scores) == len(sales.snapshot()) == facts["customers"]
    assert insiders.facts["members"] == facts["programme"]["members"]
    assert set(insiders.members["customer_id"]) <= set(value.scores["customer_id"])
    with sqlite3.connect(tmp_path / "results.db") as database:
        rows = database.execute("SELECT customer_id, churn_probability FROM current_customers")
        assert dict(rows) == dict(
            zip(churn.scores["customer_id"], churn.scores["churn_probability"], strict=True)
        )
    assert "model_metrics" in repr(value)
    with pytest.raises(InputError, match="no table 'nothing'"):
        value.table("nothing")


def test_settings_are_given_by_section(shop: Path) -> None:
    with cl.read(shop, config=QUICK, segments={"k_min": 4, "k_max": 4, "budget": 1}) as sales:
        assert len(sales.segments().profile()) == 4
    with pytest.raises(InputError, match="arguments of read"):
        cl.read(shop, segments={"k_max": 1})


def test_doubt_is_an_error_as_on_the_command_line() -> None:
    lines = pa.table(
        {
            "customer_id": ["a", "b"],
            "trans_date": ["03/04/2024", "05/06/2024"],
            "tran_amount": ["10.00", "20.00"],
        }
    )
    with pytest.raises(DecisionNeeded):
        cl.read(lines)


def test_rfm_scores_lie_between_one_and_five(sales: cl.Sales) -> None:
    scores = cl.rfm(sales.snapshot())
    assert {score for name in "rfm" for score in scores[f"{name}_score"]} <= set(range(1, 6))


def test_a_named_workspace_stays(shop: Path, tmp_path: Path) -> None:
    with cl.read(shop, config=QUICK, workspace=tmp_path / "kept") as sales:
        folder = sales._workspace.folder
    assert (folder / "tables" / "manifest.json").exists()
    with cl.read(shop, config=QUICK) as sales:
        folder = sales._workspace.folder
    assert not folder.exists()


def test_a_named_workspace_is_its_owners_alone(shop: Path, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with cl.read(shop, config=QUICK, workspace=tmp_path / "kept") as sales:
            sales.value()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    written = [tmp_path / "kept", *(tmp_path / "kept").rglob("*")]
    assert any("models" in path.parts for path in written)
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_the_report_is_one_file(sales: cl.Sales, tmp_path: Path) -> None:
    page = sales.report(tmp_path / "relatorio.html", lang="pt_BR").read_text("utf-8")
    assert 'lang="pt-BR"' in page
    with pytest.raises(InputError, match="no language 'pt'"):
        sales.report(tmp_path / "relatorio.html", lang="pt")  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_backtest_judges_on_later_days(sales: cl.Sales) -> None:
    result = sales.backtest(horizon_days=60)
    assert result.facts["upto"] == sales.as_of
    assert {"model", "metric", "value"} <= set(result.metrics.columns)
    assert "judged once" in str(result)


def test_pandas_is_an_extra_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    table = cl.Table(pa.table({"orders": [1, 2]}))
    monkeypatch.setitem(sys.modules, "pandas", None)
    assert list(table) == [{"orders": 1}, {"orders": 2}]
    assert "<td>1</td>" in table._repr_html_()
    with pytest.raises(MissingExtra, match="needs the extra 'pandas'"):
        table.to_pandas()


def test_matrices_are_multiplied_on_one_thread(
    sales: cl.Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    settings = sales._settings.segments

    def compute(*_: object, **__: object) -> Any:
        seen.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")

    with threadpool_limits(2, user_api="blas"):
        sales._stage("threads", compute, settings)
        after = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    assert len(seen) >= 2  # NumPy's and SciPy's
    assert set(seen) == {1}
    assert set(after) == {2}

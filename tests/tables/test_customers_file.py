"""A file of customers alone: typed attributes and who left, or one sentence why not."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError
from clientela.progress import Progress
from clientela.tables.customers_file import CustomersFile, read_customers_file
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from tests.engines import opened


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Files are read by DuckDB, whatever computes the snapshot."""
    made = opened("duckdb")
    yield made
    made.close()


def read(engine: Engine, folder: Path, text: str, as_of: dt.date | None = None) -> CustomersFile:
    path = folder / "people.csv"
    path.write_text(text, "utf-8")
    return read_customers_file(str(path), Settings(), engine, folder, as_of)


def test_attributes_are_typed_and_the_last_row_of_an_id_counts(
    engine: Engine, tmp_path: Path
) -> None:
    found = read(
        engine,
        tmp_path,
        "customerID,gender,age,Plan,Fee,Churn\n"
        "2,Female,30,Gold,10.5,Yes\n1,Male,200,gold,,No\n2,Female,31,Basic,20,No\n3,Male,,Basic,7,sim\n"
        "4,Male,50,Basic,7,perhaps\n,Male,50,Gold,7,Yes\n5,Male,50,Gold,7,Yes\n",
    )
    assert found.table.to_pydict() == {
        "customer_id": ["1", "2", "3", "5"],
        "age_years": [None, 31.0, None, 50.0],
        "gender": ["Male", "Female", "Male", "Male"],
        "Fee": [None, 20.0, 7.0, 7.0],
        "Plan": ["Gold", "Basic", "Basic", "Gold"],
    }
    assert found.left.tolist() == [False, False, True, True]
    assert found.rows == 7


def test_signups_count_back_from_the_last_that_is_believed(engine: Engine, tmp_path: Path) -> None:
    text = (
        "customer_id,signup_date,plan,churn\n1,2024-01-01,A,1\n2,2024-01-31,B,0\n3,2124-01-01,A,0\n"
    )
    found = read(engine, tmp_path, text, dt.date(2024, 12, 31))
    assert found.table["signup_days"].to_pylist() == [30.0, 0.0, None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer_id,gender,plan\n1,F,A\n2,M,B\n", "no column says who left"),
        ("customer_id,plan,churn\n1,A,0\n2,B,0\n", "says that nobody left"),
        ("customer_id,plan,churn\n1,A,1\n2,B,1\n", "says that everybody left"),
        ("customer_id,plan,churn\n1,A,q\n2,B,w\n", "no row tells in a readable way"),
        ("customer_id,plan,churn\n1,A,1\n2,A,0\n", "no column describes"),
        ("customer_id,plan,churn\n", "no row tells|no rows|empty"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(
    engine: Engine, tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as told:
        read(engine, tmp_path, text)
    assert "people.csv" in told.value.where
    assert told.value.do


@pytest.mark.slow
def test_ibm_telco_reads_as_it_is(engine: Engine, data_dir: Path, tmp_path: Path) -> None:
    found = read_customers_file(
        str(data_dir / "telco_customer_churn.csv"), Settings(), engine, tmp_path
    )
    assert (found.rows, int(found.left.sum())) == (7_043, 1_869)
    assert found.table.num_columns == 20
    assert found.table["TotalCharges"].null_count == 11
    assert found.left_out == {}


def test_customers_without_transactions_are_no_firm_to_describe(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("customer_id,plan,churn\n1,A,0\n2,B,1\n", "utf-8")
    workspace = Workspace(tmp_path / "workspace")
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for files, customers in (([str(path)], []), ([], [str(path)])):
        with workspace.lock(), workspace.scratch() as scratch:
            job = ReadJob(workspace, engine, Settings(), Progress("test"), scratch, now)
            with pytest.raises(InputError, match="customers and no transactions") as told:
                ingest(job, files, customers, workspace.manifest())
            assert not list(scratch.glob("source-*")), "the file was staged first"
        assert "clientela backtest" in told.value.do

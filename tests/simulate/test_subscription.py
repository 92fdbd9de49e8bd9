"""Simulated subscriptions: the truth is what was drawn, and the cleaning finds what was planted."""

import datetime as dt
import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clientela.cli import main
from clientela.config import Settings
from clientela.errors import InputError
from clientela.progress import Progress
from clientela.simulate import Simulation, SubscriptionSettings, simulate_subscription
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from tests.engines import opened

SETTINGS = SubscriptionSettings(customers=2_500, seed=7, dirty_share=0.04, dated=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate_subscription(tmp_path_factory.mktemp("firm"), SETTINGS)


@pytest.fixture(scope="module")
def truth(made: Simulation) -> pd.DataFrame:
    return pd.read_parquet(made.truth)


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_others(tmp_path: Path) -> None:
    small = SubscriptionSettings(customers=50, seed=1)
    one, two = (simulate_subscription(tmp_path / name, small) for name in ("a", "b"))
    other = simulate_subscription(tmp_path / "c", SubscriptionSettings(customers=50, seed=2))
    for kind in ("customers_file", "transactions", "truth", "facts"):
        assert sha(getattr(one, kind)) == sha(getattr(two, kind))
    assert sha(one.transactions) != sha(other.transactions)


def test_exits_happen_as_often_as_the_hazard_says(truth: pd.DataFrame) -> None:
    leaves = truth.exit_date.astype("datetime64[s]").dt.to_period("M")
    left = (leaves == truth.month.astype("datetime64[s]").dt.to_period("M")).to_numpy()
    for part in pd.qcut(truth.hazard, 5, labels=False).to_numpy() == np.arange(5)[:, None]:
        expected, spread = truth.hazard[part].sum(), np.sqrt(truth.hazard[part].sum())
        assert abs(left[part].sum() - expected) < 3.5 * spread


def test_nobody_is_under_contract_before_signup_or_after_the_exit(truth: pd.DataFrame) -> None:
    month = truth.month.astype("datetime64[s]")
    assert (truth.signup_date.astype("datetime64[s]") < month).all()
    gone = truth.exit_date.notna()
    assert (truth.exit_date[gone].astype("datetime64[s]") >= month[gone]).all()


def test_the_truth_goes_on_where_the_files_end(truth: pd.DataFrame) -> None:
    exits = truth.drop_duplicates("customer_id").exit_date.dropna()
    assert (exits > SETTINGS.end).sum() > 100
    assert max(truth.month) == dt.date(2025, 6, 1)


def test_the_oracle_ranks_like_a_hard_but_possible_problem(truth: pd.DataFrame) -> None:
    from sklearn.metrics import roc_auc_score

    today = truth[truth.month == SETTINGS.end + dt.timedelta(days=1)]
    until = SETTINGS.end + dt.timedelta(days=90)
    leaves = today.exit_date.notna() & (today.exit_date.fillna(dt.date.max) <= until)
    assert 0.68 < roc_auc_score(leaves, today.hazard) < 0.78


def test_the_flag_and_its_date_tell_who_had_left(made: Simulation, truth: pd.DataFrame) -> None:
    listed = pd.read_csv(made.customers_file, dtype="string", keep_default_na=False)
    flagged = listed[listed.churn == "1"]
    assert (flagged.churn_date != "").all()
    assert (listed.churn_date[listed.churn == "0"] == "").all()
    known = {
        str(customer): str(day)
        for customer, day in zip(truth.customer_id, truth.exit_date, strict=True)
    }
    told = zip(flagged.customer_id.to_list(), flagged.churn_date.to_list(), strict=True)
    named = [(known[customer], day) for customer, day in told if customer in known]
    assert len(named) > 1_000
    assert all(true == day <= str(SETTINGS.end) for true, day in named)


def test_an_undated_file_names_no_date(tmp_path: Path) -> None:
    made = simulate_subscription(tmp_path, SubscriptionSettings(customers=20))
    header = made.customers_file.read_text("utf-8").splitlines()[0]
    assert header == "customer_id,age,gender,signup_date,region,churn"


def test_nobody_buys_after_the_exit(made: Simulation, truth: pd.DataFrame) -> None:
    lines = pd.read_csv(made.transactions, dtype="string", keep_default_na=False)
    exits = truth.drop_duplicates("customer_id").set_index("customer_id").exit_date.dropna()
    sound = lines[lines.transaction_date.str.fullmatch(r"20\d\d-\d\d-\d\d")]
    sound = sound[~sound.transaction_date.str.startswith("2024-13")]
    day = sound.customer_id.map(exits.astype("string"))
    assert (day.isna() | (sound.transaction_date < day)).all()


@pytest.mark.slow
def test_the_cleaning_finds_exactly_what_was_planted(made: Simulation, tmp_path: Path) -> None:
    engine, workspace = opened("duckdb"), Workspace(tmp_path / "workspace")
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with workspace.lock(), workspace.scratch() as scratch:
        job = ReadJob(workspace, engine, Settings(), Progress("test"), scratch, now)
        files = [str(made.transactions), str(made.customers_file)]
        _, ledgers = ingest(job, files, [], workspace.manifest())
    engine.close()
    found = {each.rule: each.rows for ledger in ledgers for each in ledger.found if each.rows}
    # A late signup is only seen where the first purchase lies before it.
    assert (
        0 < found.pop("signup_after_first_purchase") <= made.planted["signup_after_first_purchase"]
    )
    # Two purchases of a day may be equal by themselves.
    planted_twice = made.planted["repeated_line"]
    assert planted_twice <= found.pop("repeated_line") <= 1.05 * planted_twice
    planted = {name: count for name, count in made.planted.items() if name in found}
    assert found == planted
    assert set(made.planted) - set(found) == {
        "repeated_line",
        "signup_after_first_purchase",
    }


def test_the_command_writes_the_files_and_tells_how_much(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["simulate", "subscription", "--customers", "40", "--dated", "--json"]
    assert main([*wanted, "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["customers"] == 40
    assert Path(told["transactions"]).read_text("utf-8").count("\n") == told["lines"] + 1
    assert "churn_date" in Path(told["customers_file"]).read_text("utf-8")


@pytest.mark.parametrize(
    "wrong",
    [{"customers": 0}, {"end": dt.date(2024, 12, 30)}, {"start": dt.date(2023, 1, 2)}],
)
def test_impossible_numbers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="must be"):
        SubscriptionSettings(**wrong)  # type: ignore[arg-type]

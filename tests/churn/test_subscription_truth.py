"""What a model learnt from an undated flag is worth once deployed, against the true hazard."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from clientela.churn.fit import contractual
from clientela.config import Churn, Settings
from clientela.features.history import History
from clientela.progress import Progress
from clientela.simulate import SubscriptionSettings, simulate_subscription
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from tests.engines import opened

FIRM = SubscriptionSettings(seed=11)
QUICK = Churn(models=("logistic",), trials=0, max_dates=12, resamples=100)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("firm")
    simulate_subscription(made, FIRM)
    return made


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    engine, workspace = opened("duckdb"), Workspace(folder / "workspace")
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with workspace.lock(), workspace.scratch() as scratch:
        job = ReadJob(workspace, engine, Settings(), Progress("test"), scratch, now)
        files = [str(folder / name) for name in ("transactions.csv", "customers.csv")]
        manifest, _ = ingest(job, files, [], workspace.manifest())
        workspace.commit(manifest)
    return History(
        engine,
        lambda group: workspace.tables(engine, group),
        workspace.groups(engine.rows_at_once),
        FIRM.start,
        FIRM.end,
    )


@pytest.mark.slow
def test_deployed_it_ranks_nearly_like_the_true_hazard_and_the_trap_is_named(
    history: History, folder: Path
) -> None:
    learnt, asked = contractual.learn_contractual(history, QUICK)
    assert learnt.model is not None
    scores = learnt.model.score(asked.today).to_pandas().set_index("customer_id")
    truth = pd.read_parquet(folder / "truth.parquet")
    today = truth[truth.month == FIRM.end + dt.timedelta(days=1)].set_index("customer_id")
    both = today.join(scores, how="inner")
    assert len(both) > 2_000
    until = FIRM.end + dt.timedelta(days=asked.horizon_days)
    left = np.array([day is not None and day <= until for day in both.exit_date])
    deployed = roc_auc_score(left, both.churn_probability)
    assert deployed > roc_auc_score(left, both.hazard) - 0.03
    assert abs(both.churn_probability.mean() - left.mean()) < 0.03
    assert asked.flattering_auc is not None
    assert asked.flattering_auc > 0.95
    metrics = learnt.tables["model_metrics"].to_pylist()
    named = [row["value"] for row in metrics if row["model"] == "leaky_flag"]
    assert named == [asked.flattering_auc]
    assert learnt.tables["model_notes"]["code"].to_pylist()[:2] == ["undated", "flattering"]

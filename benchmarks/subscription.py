"""Churn told from an undated flag beside the truth, by how long a customer was silent.

``python benchmarks/subscription.py [seed …]`` simulates firms without a monthly charge, so that
silences can be long, learns as a run does, and prints a row a firm and band of silence: told, left,
and the difference in standard errors; then the AUC beside that of the true hazard.
"""

import datetime as dt
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from figures import Figure, report

from clientela.churn.fit.contractual import learn_contractual
from clientela.config import Churn, Settings
from clientela.engine import connect
from clientela.features.history import History
from clientela.pipeline.backtest.holdout import auc
from clientela.progress import Progress
from clientela.simulate import SubscriptionSettings, simulate_subscription
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

SEEDS = (1, 2, 3)
BANDS = (0, 10, 20, 45, 10_000)  # days silent; those beyond 45 were understated most
NEAR = 2.0  # standard errors
NEAR_SHARE, FACTOR = (0.6, 0.9), (1.7, 1.5)
"""Cells that are near, and told over left: what holds today, and what is aimed at."""
MOST_BEHIND = 0.02


def judge_firm(seed: int) -> pd.DataFrame:
    """Return the customers scored: silence, what was told, the true hazard, who left."""
    settings = SubscriptionSettings(seed=seed, charged=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        simulate_subscription(folder, settings)
        workspace, engine = Workspace(folder / "workspace"), connect(Settings().engine)
        with workspace.lock(), workspace.scratch() as scratch:
            now = dt.datetime.now(dt.UTC)
            job = ReadJob(workspace, engine, Settings(), Progress("truth"), scratch, now)
            files = [str(folder / f"{table}.csv") for table in ("transactions", "customers")]
            workspace.commit(ingest(job, files, [], workspace.manifest())[0])
        history = History(
            engine,
            lambda group: workspace.tables(engine, group),
            workspace.groups(engine.rows_at_once),
            settings.start,
            settings.end,
        )
        training, firm = learn_contractual(history, Churn())
        if training.model is None:
            raise RuntimeError(f"nothing was learnt of the firm of seed {seed}")
        scores = training.model.score(firm.today).to_pandas().set_index("customer_id")
        silence = firm.today.select(["customer_id", "days_since_last"]).to_pandas()
        truth = pd.read_parquet(folder / "truth.parquet")
        engine.close()
    first = settings.end + dt.timedelta(days=1)
    today = truth[truth["month"] == first].set_index("customer_id")
    until = settings.end + dt.timedelta(days=firm.horizon_days)
    today["left"] = [day is not None and day <= until for day in today["exit_date"]]
    print(f"seed {seed}: {training.model.card.parameters['model']}, {firm.horizon_days} days ahead")
    return today.join(scores, how="inner").join(silence.set_index("customer_id"))


def print_bands(seed: int, customers: pd.DataFrame) -> tuple[int, float]:
    """Print a row a band of silence; return how many are near, and the largest factor."""
    near, worst = 0, 1.0
    silence = customers["days_since_last"]
    for low, high in pairwise(BANDS):
        band = customers[(silence >= low) & (silence < high)]
        told, left = band["churn_probability"].mean(), band["left"].mean()
        error = float(np.sqrt(told * (1.0 - told) / len(band)))
        off = (told - left) / error
        near += abs(off) <= NEAR
        worst = max(worst, told / left, left / told)
        print(f"{seed:4} {low:3}- {len(band):5} {told:6.3f} {left:6.3f} {off:+6.1f}")
    return near, worst


def main(seeds: list[int]) -> int:
    """Judge every firm and report the sums."""
    near, worst, behind = 0, 1.0, []
    for seed in seeds:
        begun = time.process_time()
        customers = judge_firm(seed)
        print(f"{'seed':4} {'days':4} {'n':>5} {'told':>6} {'left':>6} {'SE off':>6}")
        cells, factor = print_bands(seed, customers)
        near, worst = near + cells, max(worst, factor)
        left = customers["left"].to_numpy(dtype=bool)
        deployed, oracle = (
            auc(customers[name].to_numpy(), left) or np.nan
            for name in ("churn_probability", "hazard")
        )
        behind.append(oracle - deployed)
        print(f"AUC {deployed:.3f}, true hazard {oracle:.3f}, "
              f"{time.process_time() - begun:.0f} CPU s", flush=True)  # fmt: skip
    share = near / (len(seeds) * (len(BANDS) - 1))
    least, goal = NEAR_SHARE
    figures = [
        Figure("cells within two standard errors", share, limit=least, goal=goal, least=True),
        Figure("largest factor of told and left", worst, limit=FACTOR[0], goal=FACTOR[1]),
        Figure("AUC behind that of the true hazard", float(np.mean(behind)), limit=MOST_BEHIND),
    ]
    return report("subscription", figures)


if __name__ == "__main__":
    sys.exit(main([int(seed) for seed in sys.argv[1:]] or list(SEEDS)))

"""What was told beside what came, on dates and files that nobody tuned on: one row a cell.

``python benchmarks/truth.py [part of a cell's name …]`` learns as of each cell's day, looks once at
the days after it, and prints one table. A cell that was done at this commit is not done again;
``FRESH=1`` does it again, ``PEERS=1`` puts the peers of ``peers.py`` below, and ``HALF=choose``
leaves the half alone that reports: settings are chosen on one half, the other is looked at once.
Real files stand in ``CLIENTELA_DATA``.
"""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from notebook import DATA
from peers import judge_peers, measure_ece, print_peers, read_features

from clientela.churn.fit.noncontractual import LEAST_DAYS, STEP_DAYS, label_active
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.config import Settings
from clientela.contract import tables
from clientela.engine import Engine, connect
from clientela.features.outcome import OUTCOME, sum_outcomes
from clientela.pipeline.backtest.context import BacktestContext, BacktestRequest, open_context
from clientela.pipeline.backtest.holdout import auc
from clientela.pipeline.backtest.parts import backtest_churn
from clientela.pipeline.reading import RunRequest, TablesState, read_sources
from clientela.progress import Progress
from clientela.simulate.retail import simulate_retail
from clientela.simulate.settings import RetailSettings
from clientela.statistics.arrays import Doubles, doubles
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from clientela.value.fit.learning import learn_value

WORK = Path(__file__).parent / ".work" / "truth"
CASES = DATA.parent / "cases"
SHOPS = {
    "none": (-np.inf, 0.0),
    "seasonal": (1.0, 0.0),
    "growing": (1.0, 1.0),
    "shrinking": (-np.inf, -1.0),
}
"""Strength of the season, and whether newcomers become more or fewer."""
SEEDS = (1, 2, 3)
ANY = (-np.inf, np.inf)
LIMITS = {
    "level at 6 to 13 months, mean |log error| a source": (-np.inf, 0.26),
    "a year's three days, mean |bias|": (-np.inf, 0.17),
    "worst of them": (-np.inf, 0.33),
    "sum of MAE there over the last period's": (-np.inf, 0.95),
    "80 % intervals hold, a source": (0.75, 0.85),
    "churn's calibration error": (-np.inf, 0.075),
    "both years' seven cells, mean |bias|": (-np.inf, 0.09),
    "calibration error there": (-np.inf, 0.045),
    "orders' mean |bias| there": (-np.inf, 0.12),
}
"""The least and the most of parts of the whole grid: what is wanted, or what holds today."""
Cell = dict[str, Any]
Judge = Callable[[BacktestContext], dict[str, Any]]


def list_cells() -> Iterator[Cell]:
    """List the grid: a source, a day, a horizon, and the half it belongs to."""
    year = {"2011-04-09": "choose", "2011-06-09": "report", "2011-07-09": "choose"}
    year |= {"2011-08-09": "choose", "2011-09-09": "report"}
    for day, half in year.items():
        yield from _cells("uci-year", day, (30, 60, 91), half)
    yield from _cells("uci-year", "2011-10-09", (30, 60), "report")
    both = {"2010-06-09": "choose", "2010-09-09": "report", "2010-12-09": "report"}
    both |= {"2011-03-09": "choose", "2011-06-09": "report", "2011-09-09": "report"}
    for day, half in both.items():
        spans = (30, 60, 91) if day == "2011-09-09" else (30, 60, 91, 120)
        yield from _cells("uci-both", day, spans, half)
    yield from _cells("cdnow", "1997-09-30", (91, 273), "report")
    for day in ("2016-04-30", "2017-06-30"):
        yield from _cells("kaggle", day, (91,), "choose")
    for day in ("2014-10-31", "2015-09-30"):
        yield from _cells("superstore", day, (91,), "report")
    for shop in SHOPS:
        for seed in SEEDS:
            for day in ("2010-09-30", "2011-06-30"):
                half = "report" if seed == SEEDS[-1] else "choose"
                yield from _cells(f"shop-{shop}-{seed}", day, (91,), half)


def _cells(source: str, day: str, spans: tuple[int, ...], half: str) -> Iterator[Cell]:
    for days in spans:
        yield {"source": source, "as_of": day, "days": days, "half": half}


def find_files(source: str) -> list[Path]:
    """Return the files of a source, simulated where it is a shop of ours."""
    if source.startswith("shop-"):
        _, kind, seed = source.split("-")
        return [simulate_shop(WORK / "shops" / source, *SHOPS[kind], int(seed))]
    return {
        "uci-year": [DATA / "online_retail.csv"],
        "uci-both": [DATA / "online_retail_2009_2010.csv", DATA / "online_retail.csv"],
        "cdnow": [DATA / "cdnow_sample.txt"],
        "kaggle": [DATA / "retail_data_transactions.csv"],
        "superstore": [CASES / "09-superstore-real" / "superstore.csv"],
    }[source]


def simulate_shop(folder: Path, season: float, growth: float, seed: int) -> Path:
    """Simulate two years of a shop; it grows or shrinks by leaving early or late customers out."""
    path = folder / "transactions.csv"
    if not path.exists():
        start, end = dt.date(2010, 1, 1), dt.date(2011, 12, 31)
        simulate_retail(
            folder,
            RetailSettings(customers=2_000, start=start, end=end, seed=seed, season=season),
        )
        if growth:
            _thin(path, growth, seed)
    return path


def _thin(path: Path, growth: float, seed: int) -> None:
    """Keep a customer by the day of the first order: more and more of them, or fewer and fewer."""
    import pandas as pd

    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    days = pd.to_datetime(table["InvoiceDate"], errors="coerce", format="mixed")
    first = days.groupby(table["CustomerID"]).transform("min")
    age = ((first - first.min()) / (first.max() - first.min())).fillna(0.5)
    chance = age if growth > 0 else 1.0 - age
    ids = sorted(set(table["CustomerID"]))
    draw = dict(zip(ids, np.random.default_rng(seed).random(len(ids)), strict=True))
    table[table["CustomerID"].map(draw) < 0.2 + 0.8 * chance].to_csv(path, index=False)


def find_tables(source: str) -> Path:
    """Return where a source's tables stand; others where what a table holds has changed."""
    shape = hashlib.sha256(Path(tables.__file__).read_bytes()).hexdigest()[:8]
    return WORK / "tables" / shape / source


def judge_source(
    source: str, cells: list[Cell], settings: Settings, judges: Sequence[Judge]
) -> Iterator[Cell]:
    """Read a source once, and judge its cells one after the other."""
    workspace, engine = Workspace(find_tables(source)), connect(settings.engine)
    held: dict[Any, Any] = {}
    try:
        with workspace.lock(), workspace.scratch() as scratch:
            now = dt.datetime.now(dt.UTC)
            job = ReadJob(workspace, engine, settings, Progress("truth"), scratch, now)
            files = () if workspace.lines() else tuple(map(str, find_files(source)))
            state = read_sources(job, RunRequest(files))
            for cell in cells:
                begun = time.process_time()
                context = open_cell(cell, state, settings, engine, workspace, held)
                first = context.period.first_day
                measured: Cell = {"history": (context.period.as_of - first).days}
                for judge in judges:
                    measured |= judge(context)
                yield cell | measured | {"cpu": time.process_time() - begun}
    finally:
        engine.close()


def open_cell(
    cell: Cell,
    state: TablesState,
    settings: Settings,
    engine: Engine,
    workspace: Workspace,
    held: dict[Any, Any],
) -> BacktestContext:
    """Stand on the cell's day; snapshots are shared."""
    request = BacktestRequest(as_of=dt.date.fromisoformat(cell["as_of"]), horizon_days=cell["days"])
    context = open_context(request, settings, engine, workspace, state)
    for side in (context.past, context.future):
        object.__setattr__(side, "_held", held)
    return context


def judge_value(context: BacktestContext) -> dict[str, Any]:
    """Measure the total, the median forecast, the interval and the orders of all customers."""
    day, days = context.period.as_of, context.period.horizon_days
    fit = learn_value(context.past, context.settings.value)
    scores = fit.model.score(context.past.snapshot(day), day)
    later = context.future.later(day, days)
    came, orders = doubles(later, "later_revenue"), doubles(later, "later_orders")
    last = _read_last(context, scores)
    low, high = (doubles(scores, f"expected_revenue_{end}") for end in ("low", "high"))
    told, told_orders = (doubles(scores, f"expected_{what}") for what in ("revenue", "orders"))
    return {
        "model": f"{fit.verdicts[0].model}/{fit.verdicts[1].model}",
        "bias": float(told.sum() / came.sum() - 1.0),
        "bias_last": float(doubles(last, "later_revenue").sum() / came.sum() - 1.0),
        "mae": _miss(doubles(scores, "likely_revenue"), came),
        "mae_last": _miss(doubles(last, "later_revenue"), came),
        "below": float(np.mean(np.maximum(came, 0.0) < low)),
        "above": float(np.mean(np.maximum(came, 0.0) > high)),
        "orders_bias": float(told_orders.sum() / orders.sum() - 1.0),
        "orders_mae": _miss(told_orders, orders),
        "orders_mae_last": _miss(doubles(last, "later_orders"), orders),
    }


def _read_last(context: BacktestContext, scores: pa.Table) -> pa.Table:
    """Return what each scored customer did in the days up to today, as many as the horizon."""
    day = context.period.as_of
    before = day - dt.timedelta(days=context.period.horizon_days)
    rows = context.past.gather(sum_outcomes(before, day), OUTCOME)
    rows = rows.take(pc.index_in(scores["customer_id"], value_set=rows["customer_id"]))
    names = ("later_revenue", "later_orders")
    return pa.table({name: pc.fill_null(rows[name], 0) for name in names})


def _miss(told: Doubles, came: Doubles) -> float:
    return float(np.abs(told - came).mean())


def judge_churn(context: BacktestContext) -> dict[str, Any]:
    """Measure churn beside a logistic regression that learns from the same past dates."""
    judged = backtest_churn(context)
    if judged is None or judged.fit.model is None:
        return {}
    left = judged.outcomes.left.astype(np.float64)
    chance = doubles(judged.fit.model.score(judged.outcomes.table), "churn_probability")
    active = judged.fit.facts["active_days"]
    rival = fit_logistic(context, active, judged.outcomes)
    return {
        "champion": judged.fit.facts["champion"],
        "left": float(left.mean()),
        "told_left": float(chance.mean()),
        "ece": measure_ece(chance, left),
        "auc": auc(chance, left > 0),
        "ece_logistic": None if rival is None else measure_ece(rival, left),
        "auc_logistic": None if rival is None else auc(rival, left > 0),
    }


def fit_logistic(context: BacktestContext, active: int, test: LabelledSnapshot) -> Doubles | None:
    """Learn a plain logistic regression on all past dates; None without any."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    days = context.period.horizon_days
    past = [
        label_active(context.past, day, days, active)
        for day in context.past.dates(days, STEP_DAYS, LEAST_DAYS)
    ]
    if not past:
        return None
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    model.fit(
        np.vstack([read_features(one.table) for one in past]), np.hstack([one.left for one in past])
    )
    chance: Doubles = model.predict_proba(read_features(test.table))[:, 1]
    return chance


def find_folder() -> Path:
    """Return where the cells of this commit stand; ``LABEL`` names another place."""
    command = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return WORK / os.environ.get("LABEL", commit.stdout.strip() or "here")


def print_table(cells: Sequence[Cell]) -> int:
    """Print a row a cell, means and parts; return how many parts are beyond their limits."""
    print(f"{'source':18} {'as_of':10} {'H':>3} {'half':6} {'months':>6} {'bias %':>7} {'last':>6} "
          f"{'MAE':>8} {'last':>8} {'cover':>5} {'below':>5} {'above':>5} {'ord %':>6} "
          f"{'MAE':>6} {'last':>6} {'ECE':>5} {'AUC':>5} {'LR':>5} {'CPU':>4}  models")  # fmt: skip
    for cell in cells:
        cover = 1.0 - cell["below"] - cell["above"]
        print(f"{cell['source']:18} {cell['as_of']} {cell['days']:3} {cell['half']:6} "
              f"{cell['history'] / 30.4:6.1f} {cell['bias']:+7.1%} {cell['bias_last']:+6.0%} "
              f"{cell['mae']:8.2f} {cell['mae_last']:8.2f} {cover:5.3f} {cell['below']:5.3f} "
              f"{cell['above']:5.3f} {cell['orders_bias']:+6.1%} {cell['orders_mae']:6.3f} "
              f"{cell['orders_mae_last']:6.3f} {_show(cell.get('ece'))} {_show(cell.get('auc'))} "
              f"{_show(cell.get('auc_logistic'))} {cell['cpu']:4.0f}  {cell['model']}")  # fmt: skip
    for half in ("choose", "report"):
        mine = [cell for cell in cells if cell["half"] == half]
        if mine:
            print_means(half, mine)
    return print_wanted(cells)


def print_means(half: str, cells: Sequence[Cell]) -> None:
    """Print the means of a half; each source counts once in the level's error."""
    logs = [abs(np.log1p(cell["bias"])) for cell in cells]
    lasts = [abs(np.log1p(cell["bias_last"])) for cell in cells]
    firms = sorted({cell["source"].split("-")[0] + cell["source"][-2:] for cell in cells})
    named = [cell["source"].split("-")[0] + cell["source"][-2:] for cell in cells]
    voices = [[np.mean([value for value, name in zip(values, named, strict=True) if name == firm])
               for firm in firms] for values in (logs, lasts)]  # fmt: skip
    covers = [1.0 - cell["below"] - cell["above"] for cell in cells]
    errors = [cell["ece"] for cell in cells if "ece" in cell]
    print(f"{half}: {len(cells)} cells, {len(firms)} firms: |log bias| a firm "
          f"{np.mean(voices[0]):.3f} (last period {np.mean(voices[1]):.3f}), mean |bias| "
          f"{np.mean([abs(cell['bias']) for cell in cells]):.1%}, MAE over the last period's "
          f"{np.mean([cell['mae'] / cell['mae_last'] for cell in cells]):.3f}, intervals hold "
          f"{np.mean(covers):.3f}, orders' mean |bias| "
          f"{np.mean([abs(cell['orders_bias']) for cell in cells]):.1%}, "
          f"ECE {np.mean(errors) if errors else np.nan:.3f}, "
          f"CPU {sum(cell['cpu'] for cell in cells):.0f} s")  # fmt: skip


def print_wanted(cells: Sequence[Cell]) -> int:
    """Print parts of the grid beside what is wanted and their limit; return how many are beyond.

    Parts without cells are left out.
    """
    year = {("2011-06-09", 91), ("2011-09-09", 91), ("2011-10-09", 60)}
    days = {day for day, _ in year}
    early = [cell for cell in cells if 6.0 <= cell["history"] / 30.4 <= 13.0]
    of_year = [cell for cell in cells if cell["source"] == "uci-year" and cell["as_of"] in days]
    asked = [cell for cell in of_year if (cell["as_of"], cell["days"]) in year]
    later = {"2011-06-09", "2011-09-09"}
    both = [cell for cell in cells if cell["source"] == "uci-both" and cell["as_of"] in later]
    judged = [cell for cell in cells if "ece" in cell]
    parts: dict[str, tuple[Sequence[Cell], Callable[[Sequence[Cell]], float]]] = {
        "level at 6 to 13 months, mean |log error| a source (.17)": (
            early, lambda rows: _by_source(rows, lambda cell: abs(np.log1p(cell["bias"])))),
        "the same of the last period": (
            early, lambda rows: _by_source(rows, lambda cell: abs(np.log1p(cell["bias_last"])))),
        "a year's three days, mean |bias| (.17)": (asked, partial(_mean_size, "bias")),
        "worst of them (.33)": (asked, lambda rows: max(abs(row["bias"]) for row in rows)),
        "those days at every horizon": (of_year, partial(_mean_size, "bias")),
        "sum of MAE there over the last period's (1)": (
            of_year, lambda rows: _mean_size("mae", rows) / _mean_size("mae_last", rows)),
        "80 % intervals hold, a source (.75 to .85)": (
            cells, lambda rows: _by_source(rows, lambda cell: 1.0 - cell["below"] - cell["above"])),
        "churn's calibration error (.05)": (judged, partial(_mean_size, "ece")),
        "the same but for 2010-12-09": (
            [cell for cell in judged if cell["as_of"] != "2010-12-09"], partial(_mean_size, "ece")),
        "both years' seven cells, mean |bias| (.08)": (both, partial(_mean_size, "bias")),
        "AUC there": (both, partial(_mean_size, "auc")),
        "AUC of the plain regression there": (both, partial(_mean_size, "auc_logistic")),
        "calibration error there (.03)": (both, partial(_mean_size, "ece")),
        "orders' mean |bias| there (.12)": (both, partial(_mean_size, "orders_bias")),
        "cells where orders' MAE is below the last period's (5)": (
            both, lambda rows: sum(row["orders_mae"] < row["orders_mae_last"] for row in rows)),
    }  # fmt: skip
    missed = 0
    for title, (rows, measure) in parts.items():
        if rows:
            value, (low, high) = measure(rows), LIMITS.get(title.partition(" (")[0], ANY)
            missed += not low <= value <= high
            bounds = [f"at least {low}"] * (low > -np.inf) + [f"at most {high}"] * (high < np.inf)
            print(f"{title:58} {value:7.3f}  {', '.join([f'{len(rows)} cells', *bounds])}")
    return missed


def _mean_size(name: str, cells: Sequence[Cell]) -> float:
    return float(np.mean([abs(cell[name]) for cell in cells]))


def _by_source(cells: Sequence[Cell], measure: Callable[[Cell], float]) -> float:
    """Average a figure by source first: each has one voice."""
    by_source: dict[str, list[float]] = {}
    for cell in cells:
        by_source.setdefault(cell["source"], []).append(measure(cell))
    return float(np.mean([np.mean(figures) for figures in by_source.values()]))


def _show(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.3f}"


def main(parts: list[str]) -> int:
    """Judge what is wanted and not done yet, and print it; 1 where the grid misses a limit."""
    folder, half = find_folder(), os.environ.get("HALF", "")
    wanted = [
        cell
        for cell in list_cells()
        if (not parts or any(part in _name(cell) for part in parts)) and half in cell["half"]
    ]
    missed = print_table(judge_cells(wanted, (judge_value, judge_churn), folder))
    if os.environ.get("PEERS"):
        print_peers(judge_cells(wanted, (judge_peers,), folder / "peers"))
    return int(bool(missed) and not parts and not half)


def judge_cells(wanted: list[Cell], judges: Sequence[Judge], folder: Path) -> list[Cell]:
    """Judge what is missing in a folder, and return all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [
        cell
        for cell in wanted
        if os.environ.get("FRESH") or not (folder / f"{_name(cell)}.json").exists()
    ]
    for source in dict.fromkeys(cell["source"] for cell in missing):
        mine = [cell for cell in missing if cell["source"] == source]
        for cell in judge_source(source, mine, Settings(), judges):
            (folder / f"{_name(cell)}.json").write_text(json.dumps(cell))
            print(f"{_name(cell)}: {cell['cpu']:.0f} CPU s", flush=True)
    return [json.loads((folder / f"{_name(cell)}.json").read_text()) for cell in wanted]


def _name(cell: Cell) -> str:
    return f"{cell['source']}_{cell['as_of']}_{cell['days']}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

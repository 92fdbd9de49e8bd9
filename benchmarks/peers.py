"""Peers on the cells of ``truth.py``: what an analyst would take instead, on the same outcomes.

BG/NBD and Pareto/NBD with Gamma-Gamma, in the formulas of lifetimes (fitted by this house's code,
which gives lifetimes' digits) and by lifetimes and PyMC-Marketing themselves, each in an
environment of its own; LightGBM as in a notebook, on 15 features of the day one horizon before, its
defaults; the last period; and the last 12 months at their pace.
"""

import datetime as dt
import resource
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from environment import CACHE, find_python, run_alone

from clientela.btyd.beta_geometric import fit_beta_geometric
from clientela.btyd.frame import Frame, Span
from clientela.btyd.gamma_gamma import fit_gamma_gamma
from clientela.btyd.pareto_nbd import fit_pareto_nbd
from clientela.churn.fit.noncontractual import label_active
from clientela.features.btyd import btyd
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.pipeline.backtest.context import BacktestContext
from clientela.pipeline.backtest.holdout import auc
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.calibration import compute_gaps, ece

FEATURES = (
    *("days_since_last", "tenure_days", "orders", "purchase_days", "revenue", "gap_days_mean"),
    *("orders_30d", "orders_90d", "orders_365d", "revenue_30d", "revenue_90d", "revenue_365d"),
    *("average_order_value", "products", "returned_share"),
)
"""Fifteen features of the logistic regression that churn is held against, and of the notebook."""
FIT = Path(__file__).with_name("peer_fit.py")
PACKAGES = {
    "lifetimes": ("lifetimes", "lifetimes==0.11.3"),
    "pymc": ("pymc-marketing", "pymc-marketing==0.19.2"),
}
"""What begins a peer's name: the package, and what pip installs."""
Told = tuple[str, Callable[[], tuple[Doubles, Doubles]]]
"""A peer's name, and what tells revenue and the chance of leaving of every customer."""


def judge_peers(context: BacktestContext) -> dict[str, Any]:
    """Let every peer forecast the customers of a day, and measure it on what came."""
    day, days = context.period.as_of, context.period.horizon_days
    later = context.future.later(day, days)
    came = doubles(later, "later_revenue")
    left = doubles(later, "later_orders") == 0
    active = doubles(context.past.snapshot(day), "days_since_last") <= 2 * days
    measured = {}
    for name, tell in list_peers(context):
        begun = measure_cpu()
        try:
            revenue, chance = tell()
        except (ValueError, OSError, subprocess.SubprocessError) as error:
            told = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
            print(f"{name}: {''.join(told)[:200]}", flush=True)
            continue
        measured[name] = {
            "bias": float(revenue.sum() / came.sum() - 1.0),
            "mae": float(np.abs(revenue - came).mean()),
            "auc": auc(chance[active], left[active]),
            "ece": measure_ece(chance[active], left[active].astype(np.float64)),
            "seconds": measure_cpu() - begun,
        }
    return {"peers": measured}


def measure_cpu() -> float:
    """Return the CPU seconds of this process and of those it started."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def measure_ece(chance: Doubles, left: Doubles) -> float | None:
    """Return the calibration error; None of an order that is no probability."""
    if chance.min() < 0.0 or chance.max() > 1.0:
        return None
    return float(ece(compute_gaps(chance, left).sum(axis=0)[None], np.array([len(left)]))[0])


def list_peers(context: BacktestContext) -> Iterator[Told]:
    """Name the peers; naive ones order those who may leave by fewest orders."""
    past, day, days = context.past, context.period.as_of, context.period.horizon_days
    snapshot, daily = past.snapshot(day), read_daily_revenue(past)
    purchases = past.engine.to_arrow(btyd(context.workspace.tables(past.engine), day, amount="net"))
    rows = pc.index_in(snapshot["customer_id"], value_set=purchases["customer_id"])
    frame, ahead = Frame.of_btyd(purchases.take(rows)), Span.days(days)
    for name, fit in (("bg_nbd", fit_beta_geometric), ("pareto_nbd", fit_pareto_nbd)):

        def tell_lifetimes(fit: Callable[[Frame], Any] = fit) -> tuple[Doubles, Doubles]:
            model, spend = fit(frame).model, fit_gamma_gamma(frame).model
            revenue = model.expected_purchases(frame, ahead) * spend.expected_spend(frame)
            return revenue, model.p_no_purchase(frame, ahead)

        yield name, tell_lifetimes
        for package in PACKAGES:
            yield f"{package}_{name}", partial(tell_by_package, package, name, frame, days)
    for name, window in (("last_period", days), ("last_12_months", 365)):

        def tell_pace(window: int = window) -> tuple[Doubles, Doubles]:
            before = daily.between(day - dt.timedelta(days=window), day)
            pace = before[pc.index_in(snapshot["customer_id"], value_set=daily.ids).to_numpy()]
            known = min(window, (day - daily.first_day).days)
            return pace * days / known, -doubles(snapshot, "orders_365d")

        yield name, tell_pace
    yield "lightgbm", lambda: tell_notebook(past, day, days)


def tell_by_package(package: str, model: str, frame: Frame, days: int) -> tuple[Doubles, Doubles]:
    """Let a package fit and tell in its own environment."""
    name, pinned = PACKAGES[package]
    python = find_python(name, pinned)
    with tempfile.TemporaryDirectory() as folder:
        rows, told = Path(folder) / "frame.csv", Path(folder) / "told.csv"
        columns = (frame.frequency, frame.recency, frame.T, frame.monetary_value)
        np.savetxt(rows, np.stack(columns, axis=1), delimiter=",")
        words = (name, model, str(rows), str(days), str(told))
        run_alone([python, str(FIT), *words], str(CACHE / name / "compiled"))
        revenue, chance = np.loadtxt(told, ndmin=2).T
    if not (np.isfinite(revenue).all() and np.isfinite(chance).all()):
        raise ValueError("a customer's forecast is no number")
    return revenue, chance


def tell_notebook(past: History, day: dt.date, days: int) -> tuple[Doubles, Doubles]:
    """Learn from the day one horizon before, with LightGBM's defaults."""
    import lightgbm

    then = day - dt.timedelta(days=days)
    if then <= past.first_day:
        raise ValueError("no past day has a horizon behind it")
    matrix = read_features(past.snapshot(then))
    later = past.later(then, days)
    asked = label_active(past, then, days, 2 * days)
    options: dict[str, Any] = {"n_jobs": 1, "verbose": -1, "random_state": 0}
    revenue = lightgbm.LGBMRegressor(**options).fit(matrix, doubles(later, "later_revenue"))
    leaving = lightgbm.LGBMClassifier(**options).fit(read_features(asked.table), asked.left)
    today = read_features(past.snapshot(day))
    chance: Doubles = np.asarray(leaving.predict_proba(today))[:, 1]
    return np.asarray(revenue.predict(today)), chance


def read_features(table: pa.Table) -> Doubles:
    """Return the features, shape (customers, 15), as signed logarithms."""
    columns = np.stack([np.nan_to_num(doubles(table, name)) for name in FEATURES], axis=1)
    logs: Doubles = np.sign(columns) * np.log1p(np.abs(columns))
    return logs


def print_peers(cells: Sequence[dict[str, Any]]) -> None:
    """Print a row a cell and peer, and each peer's means."""
    names = list(dict.fromkeys(name for cell in cells for name in cell["peers"]))
    for cell in cells:
        for name, peer in cell["peers"].items():
            print(f"{cell['source']:18} {cell['as_of']} {cell['days']:3} {name:15} "
                  f"{peer['bias']:+7.1%} {peer['mae']:8.2f} {_show(peer['ece'])} "
                  f"{_show(peer['auc'])} {peer['seconds']:6.2f}")  # fmt: skip
    for name in names:
        mine = [cell["peers"][name] for cell in cells if name in cell["peers"]]
        means = {
            key: np.mean([peer[key] for peer in mine if peer[key] is not None] or [np.nan])
            for key in ("ece", "auc", "seconds")
        }
        bias = np.mean([abs(peer["bias"]) for peer in mine])
        print(f"{name}: {len(mine)} cells, mean |bias| {bias:.1%}, ECE {means['ece']:.3f}, AUC "
              f"{means['auc']:.3f}, {means['seconds']:.2f} CPU s")  # fmt: skip


def _show(value: float | None) -> str:
    return "    -" if value is None else f"{value:5.3f}"

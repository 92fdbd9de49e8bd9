"""1,000,000 customers scored for segment, churn and value by models fitted on a simulated shop.

The snapshot is the shop's own, repeated under other ids with its numbers shaken by up to 1 %, so
that no row equals another. ``python benchmarks/scoring.py [customers]``
"""

import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path

import made
import numpy as np
import pyarrow as pa
from figures import Figure, report

from clientela.churn.score import model as churn
from clientela.config import EngineSettings
from clientela.engine import connect
from clientela.features.build import build
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.segments.score import model as segments
from clientela.statistics.arrays import doubles, list_numeric_columns
from clientela.tables.workspace import Workspace
from clientela.value.score import model as value

COLUMNS = 100  # of the product: as many as a small network has weights a feature, by convention
MOST_TIMES = 30.0


def main(customers: int = 1_000_000) -> int:
    """Score, and report what it took beside a plain product of matrices."""
    folder = made.workspace()
    model = segments.from_artifact(_stored(folder, segments.KIND))
    worth = value.load_value_model(_stored(folder, value.KIND))
    risk = churn.from_artifact(_stored(folder, churn.KIND))
    snapshot = repeated(_snapshot(folder, worth.card.as_of), customers)
    spent = {
        "segment": _cpu(lambda: model.assign(snapshot)),
        "value": _cpu(lambda: worth.score(snapshot, worth.card.as_of)),
        "churn": _cpu(lambda: risk.score(snapshot)),
    }
    times = sum(spent.values()) / _cpu(lambda: _multiply(snapshot))
    figures = [
        Figure("customers", customers),
        *(Figure(f"{name}, CPU s", seconds) for name, seconds in spent.items()),
        Figure("all, CPU s", sum(spent.values())),
        Figure("times a product with all features", times, limit=MOST_TIMES),
    ]
    return report("scoring", figures)


def repeated(snapshot: pa.Table, customers: int) -> pa.Table:
    """Repeat a snapshot's rows under new ids, each double shaken a little."""
    draw = np.random.default_rng(7)
    rows = snapshot.take(pa.array(np.arange(customers) % snapshot.num_rows))
    columns = {"customer_id": pa.array(np.arange(10**7, 10**7 + customers).astype("U8"))}
    for name in rows.column_names[1:]:
        held = rows[name].combine_chunks()
        if pa.types.is_floating(held.type):
            shaken = held.to_numpy(zero_copy_only=False) * draw.uniform(0.99, 1.01, customers)
            held = pa.array(shaken, mask=np.asarray(held.is_null()))
        columns[name] = held
    return pa.table(columns)


def _stored(folder: Path, kind: str) -> Artifact:
    models = folder / "models"
    model_id = registry.current(models, kind)
    if model_id is None:
        raise SystemExit(f"the run left no model of {kind}")
    return artifacts.load(models, kind, model_id)


def _snapshot(folder: Path, as_of: dt.date) -> pa.Table:
    workspace, engine = Workspace(folder), connect(EngineSettings())
    try:
        return build(
            engine,
            lambda group: workspace.tables(engine, group),
            as_of,
            workspace.groups(engine.rows_at_once),
        )
    finally:
        engine.close()


def _multiply(snapshot: pa.Table) -> None:
    """Multiply all numbers of the customers with a matrix, a block of rows at a time."""
    names = list_numeric_columns(snapshot)
    values = np.column_stack([doubles(snapshot, name) for name in names])
    weights = np.ones((len(names), COLUMNS))
    for block in np.array_split(values, max(len(values) // 10_000, 1)):
        np.tanh(block @ weights)


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))

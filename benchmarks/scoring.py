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

from clientela.churn.score import model as churn
from clientela.config import EngineSettings
from clientela.engine import connect
from clientela.features.build import build
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.segments.score import model as segments
from clientela.tables.workspace import Workspace
from clientela.value.score import model as value

LIMIT = 60.0


def main(customers: int = 1_000_000) -> int:
    """Score, print the table, and give 1 where the limit is missed."""
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
    print(f"scoring: {customers:,} customers, CPU seconds")
    for name, seconds in spent.items():
        print(f"  {name:8}{seconds:7.1f}")
    total = sum(spent.values())
    print(f"  {'all':8}{total:7.1f}  (limit {LIMIT:.0f})")
    return int(total > LIMIT)


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


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))

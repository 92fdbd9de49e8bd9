"""The global control: drawn by a keyed hash of the id, so that it is the same in every run."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa

from clientela.config import Experiments
from clientela.experiments.assignment import ARM_SCHEMA, CONTROL, TREATMENT
from clientela.features.daily_revenue import DailyRevenue
from clientela.statistics.arrays import Mask
from clientela.statistics.sampling import hash_ids
from clientela.store import experiments as store

NAME = "global control"
DAYS = 90  # by convention: a quarter, as the other figures of the report
HASHES = 2.0**64  # of 64 bits


def draw_held_out(ids: pa.ChunkedArray | pa.Array, settings: Experiments) -> Mask:
    """Mark who is held out of every campaign; a larger share keeps all of a smaller one.

    Examples
    --------
    >>> draw_held_out(pa.array(["a", "b", "c"]), Experiments(control_share=0.5))
    array([ True, False, False])
    """
    if not settings.control_share:
        return np.zeros(len(ids), dtype=np.bool_)
    held_out: Mask = hash_ids(ids.to_pylist(), settings.seed) < settings.control_share * HASHES
    return held_out


def record_global_control(
    url: str, settings: Experiments, as_of: dt.date, now: dt.datetime
) -> None:
    """Store when the global control began, the first time that there is one."""
    if not settings.control_share or NAME in store.names(url):
        return
    start = as_of + dt.timedelta(days=1)
    design = {"start": start.isoformat(), "days": DAYS, "alpha": 0.05, "group": "everyone"}
    experiment = store.Experiment(name=NAME, created_at=now, as_of=as_of, design=design)
    store.save(url, experiment, ARM_SCHEMA.empty_table())


def build_quarter(
    experiment: store.Experiment, daily_revenue: DailyRevenue, settings: Experiments
) -> tuple[store.Experiment, pa.Table]:
    """Return the latest whole period since the control began, with the arms of its customers.

    Only those count who had bought before it; who came later could be a result of the campaigns.
    """
    began = dt.date.fromisoformat(experiment.design["start"])
    periods = max(((daily_revenue.as_of - began).days + 1) // DAYS, 1)
    start = began + dt.timedelta(days=(periods - 1) * DAYS)
    bought_before = daily_revenue.mark_buyers(start - dt.timedelta(days=1))
    ids = daily_revenue.ids.filter(pa.array(bought_before))
    # Days after the beginning are no past: campaigns may have changed them
    before = daily_revenue.between(experiment.as_of - dt.timedelta(days=DAYS), experiment.as_of)
    columns = {
        "customer_id": ids,
        "arm": np.where(draw_held_out(ids, settings), CONTROL, TREATMENT).tolist(),
        "before": before[bought_before],
    }
    arms = pa.table({name: columns.get(name, [None] * len(ids)) for name in ARM_SCHEMA.names})
    design = {**experiment.design, "start": start.isoformat()}
    return replace(experiment, design=design), arms.cast(ARM_SCHEMA)

"""What the simulator knows of the customers, beside what the models said on the day."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.errors import InputError
from clientela.pipeline.backtest.holdout import auc, calibration
from clientela.statistics.arrays import doubles

KEY = "customer_id"


RETAIL = {KEY, "dropout_date"}


SUBSCRIPTION = {KEY, "month", "hazard", "exit_date"}


def read_truth(path: Path) -> pa.Table:
    """Read the truth of a simulation.

    Raises
    ------
    InputError
        The file is absent, no Parquet, or holds no truth that we know.
    """
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError(
            f"the truth cannot be read: {error}", where=str(path), do="check --truth"
        ) from None
    if not (set(table.column_names) >= RETAIL or set(table.column_names) >= SUBSCRIPTION):
        raise InputError(
            "this is no truth of a simulation",
            where=str(path),
            do="give the truth.parquet that clientela simulate wrote beside the data",
        )
    return table


def is_subscription(truth: pa.Table) -> bool:
    """Tell which simulator wrote the truth."""
    return "hazard" in truth.column_names


def score_p_alive(truth: pa.Table, scores: pa.Table, as_of: dt.date) -> dict[str, Any]:
    """Hold P(alive) against who was.

    Parameters
    ----------
    truth : pa.Table
        ``dropout_date``, null for those who never left.
    scores : pa.Table
        ``customer_id`` and ``p_alive`` as scored on ``as_of``.

    Returns
    -------
    dict
        ``expected`` and ``alive`` shares, ``auc`` and the ``calibration`` in ten groups of
        equal size.
    """
    exits = _date(truth, "dropout_date", scores[KEY])
    lives = ~(exits <= np.datetime64(as_of, "D"))
    p_alive = doubles(scores, "p_alive")
    scored = np.isfinite(p_alive)
    p_alive, lives = p_alive[scored], lives[scored]
    return {
        "customers": len(p_alive),
        "expected": float(p_alive.mean()),
        "alive": float(lives.mean()),
        "auc": auc(p_alive, lives),
        "calibration": calibration(p_alive, lives.astype(np.float64)),
    }


def score_churn_model(
    truth: pa.Table, scores: pa.Table, as_of: dt.date, horizon_days: int
) -> dict[str, Any]:
    """Hold the deployed churn model against the true hazard, over all who were scored.

    Parameters
    ----------
    truth : pa.Table
        A row a customer and month, with the ``hazard`` known when it begins and ``exit_date``.
    scores : pa.Table
        ``customer_id`` and ``churn_probability`` of those under contract on ``as_of``.

    Returns
    -------
    dict
        ``deployed_auc`` and ``oracle_auc``, both of leaving within the horizon.
    """
    now = np.datetime64(as_of, "D") + 1
    months = truth["month"].cast(pa.date32()).to_numpy().astype("datetime64[D]")
    current = months[months <= now].max()
    rows = truth.filter(pa.array(months == current))
    scores = scores.filter(pc.is_in(scores[KEY], value_set=rows[KEY]))
    positions = pc.index_in(scores[KEY], value_set=rows[KEY])
    hazard = doubles(rows.take(positions), "hazard")
    exits = _date(rows, "exit_date", scores[KEY])
    active = ~(exits < now)
    left = (exits <= now - 1 + horizon_days)[active]
    risk = doubles(scores, "churn_probability")[active]
    return {
        "customers": int(active.sum()),
        "left": int(left.sum()),
        "deployed_auc": auc(risk, left),
        "oracle_auc": auc(hazard[active], left),
    }


def _date(table: pa.Table, name: str, ids: pa.ChunkedArray) -> np.ndarray:
    positions = pc.index_in(ids, value_set=table[KEY])
    days = pc.take(table[name].cast(pa.date32()), positions)
    day_numbers = pc.cast(days, pa.int32()).to_numpy(zero_copy_only=False).astype(np.float64)
    days = np.full(len(day_numbers), np.datetime64("NaT"), dtype="datetime64[D]")
    scored = np.isfinite(day_numbers)
    days[scored] = day_numbers[scored].astype(np.int64).astype("datetime64[D]")
    return days

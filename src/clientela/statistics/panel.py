"""Every metric of probabilities at once, on the same resamples, so that models compare in pairs."""

from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import Weights, draw_weights
from clientela.statistics.calibration import (
    BINS,
    compute_gaps,
    compute_log_losses,
    compute_squared_errors,
    ece,
)
from clientela.statistics.ranking import (
    assign_steps,
    divide_or_nan,
    lift,
    pr_auc,
    rank_rows,
    roc_auc,
)

METRICS = (
    "roc_auc",
    "pr_auc",
    "log_loss",
    "brier",
    "ece",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "lift_top_decile",
)
RANKING_METRICS = {"roc_auc": roc_auc, "pr_auc": pr_auc, "lift_top_decile": lift}

Owners = npt.NDArray[np.intp]
Panel = dict[str, dict[str, Doubles]]


def measure_models(
    chances: dict[str, Doubles],
    left: Doubles,
    customers: Owners,
    *,
    threshold: float,
    resamples: int,
    seed: int,
) -> Panel:
    """Measure models on the rows themselves and on resamples of customers.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model.
    left : array of 0 and 1, shape (rows,)
        Whether they left.
    customers : array of int, shape (rows,)
        Whose row it is, from 0 on.
    threshold : float
        Probability from which a customer is called a leaver.
    resamples, seed : int
        Resamples and the seed that draws them.

    Returns
    -------
    dict of dict of arrays, shape (1 + resamples,)
        By model and metric; the first value is that of the rows themselves.
    """
    people = int(customers.max(initial=-1)) + 1
    models = {
        name: _sum_metrics(chance, left, customers, threshold) for name, chance in chances.items()
    }
    parts: dict[str, list[dict[str, Doubles]]] = {name: [] for name in chances}
    everyone = np.ones((1, people), dtype=np.float32)
    for weights in (everyone, *draw_weights(people, resamples, seed)):
        for name, model in models.items():
            parts[name].append(_weigh_metrics(*model, weights))
    panel: Panel = {
        name: {metric: np.concatenate([part[metric] for part in blocks]) for metric in METRICS}
        for name, blocks in parts.items()
    }
    for name, chance in chances.items():
        exact = rank_rows(chance, left)
        for metric, function in RANKING_METRICS.items():
            values = panel[name][metric]
            values += float(function(*exact)[0]) - values[0]
    return panel


def _sum_metrics(
    chance: Doubles, left: Doubles, customers: Owners, threshold: float
) -> tuple[Doubles, Any]:
    """Return what metrics sum up for each customer: any weighting is then one product.

    Beside the columns stands a scipy sparse array of shape (2 x scores, customers).
    """
    from scipy.sparse import csr_array

    columns = np.column_stack(
        [
            compute_log_losses(chance, left),
            compute_squared_errors(chance, left),
            compute_gaps(chance, left),
            count_calls(chance, left, threshold),
        ]
    )
    rows, people = np.arange(len(left)), int(customers.max(initial=-1)) + 1
    ones = np.ones(len(left), dtype=np.float32)
    owner = csr_array((ones, (customers, rows)), shape=(people, len(left)))
    steps = assign_steps(chance)
    cell = steps * 2 + (left > 0.0)
    shape = (2 * (int(steps.max()) + 1), people)
    return owner @ columns, csr_array((ones, (cell, customers)), shape=shape)


def _weigh_metrics(columns: Doubles, cells: Any, weights: Weights) -> dict[str, Doubles]:
    sums = weights.astype(np.float64) @ columns
    rows = sums[:, -1]
    counts = (cells @ weights.T).T.astype(np.float64)
    leavers, stayers = counts[:, 1::2], counts[:, ::2]
    return {
        "log_loss": sums[:, 0] / rows,
        "brier": sums[:, 1] / rows,
        "ece": ece(sums[:, 2 : 2 + BINS], rows),
        **{name: function(leavers, stayers) for name, function in RANKING_METRICS.items()},
        **compute_confusion(sums[:, 2 + BINS :]),
    }


def count_calls(chance: Doubles, left: Doubles, threshold: float | Doubles) -> Doubles:
    """Return each row's hit, call, leaver and 1, shape (rows, 4)."""
    calls = (chance >= threshold).astype(np.float64)
    return np.stack([calls * left, calls, left, np.ones(len(left))], axis=1)


def compute_confusion(sums: Doubles) -> dict[str, Doubles]:
    """Return accuracy, precision, recall and F1 of every resample; NaN where nobody is called.

    Parameters
    ----------
    sums : array of shape (resamples, 4)
        Weighted sums of :func:`count_calls`.

    Examples
    --------
    >>> calls = count_calls(np.array([0.9, 0.8]), np.array([1.0, 0.0]), 0.5)
    >>> compute_confusion(calls.sum(axis=0, keepdims=True))["precision"]
    array([0.5])
    """
    hits, calls, leavers, rows = sums.T
    right = rows - calls - leavers + 2.0 * hits
    return {
        "accuracy": divide_or_nan(right, rows),
        "precision": divide_or_nan(hits, calls),
        "recall": divide_or_nan(hits, leavers),
        "f1": divide_or_nan(2.0 * hits, calls + leavers),
    }

"""Every metric of probabilities at once, on the same resamples, so that models compare in pairs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap_weights import Weights, resamples
from clientela.statistics.metrics.brier import squares
from clientela.statistics.metrics.confusion import calls, confusion
from clientela.statistics.metrics.ece import BINS, ece, gaps
from clientela.statistics.metrics.lift import lift
from clientela.statistics.metrics.log_loss import log_losses
from clientela.statistics.metrics.pr_auc import pr_auc
from clientela.statistics.metrics.ranking import Ranking, ranking, steps
from clientela.statistics.metrics.roc_auc import roc_auc

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
RANKED = {"roc_auc": roc_auc, "pr_auc": pr_auc, "lift_top_decile": lift}

Panel = dict[str, dict[str, Doubles]]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What happened, row by row.

    Parameters
    ----------
    left : array of 0 and 1, shape (rows,)
        Whether they left.
    customers : array of int, shape (rows,)
        Whose row it is, from 0 on.
    """

    left: Doubles
    customers: npt.NDArray[np.intp]

    @property
    def people(self) -> int:
        """Count the customers."""
        return int(self.customers.max(initial=-1)) + 1


def panel(
    chances: dict[str, Doubles], outcome: Outcome, threshold: float, draws: int, seed: int
) -> Panel:
    """Measure models on the rows themselves and on resamples of customers.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model.
    outcome : Outcome
        What happened.
    threshold : float
        Probability from which a customer is called a leaver.
    draws, seed : int
        Resamples and the seed that draws them.

    Returns
    -------
    dict of dict of arrays, shape (1 + draws,)
        By model and metric; the first value is that of the rows themselves.
    """
    models = {name: _Model.of(chance, outcome, threshold) for name, chance in chances.items()}
    found: dict[str, list[dict[str, Doubles]]] = {name: [] for name in chances}
    everyone = np.ones((1, outcome.people), dtype=np.float32)
    for weights in (everyone, *resamples(outcome.people, draws, seed)):
        for name, model in models.items():
            found[name].append(model.measured(weights))
    whole: Panel = {name: _joined(parts) for name, parts in found.items()}
    for name, chance in chances.items():
        exact = ranking(chance, outcome.left)
        for metric, function in RANKED.items():
            values = whole[name][metric]
            values += float(function(exact)[0]) - values[0]
    return whole


@dataclass(frozen=True, eq=False)
class _Model:
    """What a model's metrics sum up, for each customer: any weighting is then one product."""

    columns: Doubles
    cells: Any  # scipy sparse, (2 x scores, customers)

    @classmethod
    def of(cls, chance: Doubles, outcome: Outcome, threshold: float) -> "_Model":
        from scipy.sparse import csr_array

        left, customers = outcome.left, outcome.customers
        columns = np.column_stack(
            [
                log_losses(chance, left),
                squares(chance, left),
                gaps(chance, left),
                calls(chance, left, threshold),
            ]
        )
        rows = np.arange(len(left))
        ones = np.ones(len(left), dtype=np.float32)
        owner = csr_array((ones, (customers, rows)), shape=(outcome.people, len(left)))
        place = steps(chance)
        cell = place * 2 + (left > 0.0)
        shape = (2 * (int(place.max()) + 1), outcome.people)
        return cls(owner @ columns, csr_array((ones, (cell, customers)), shape=shape))

    def measured(self, weights: Weights) -> dict[str, Doubles]:
        summed = weights.astype(np.float64) @ self.columns
        rows = summed[:, -1]
        counts = (self.cells @ weights.T).T.astype(np.float64)
        ranked = Ranking(counts[:, 1::2], counts[:, ::2])
        return {
            "log_loss": summed[:, 0] / rows,
            "brier": summed[:, 1] / rows,
            "ece": ece(summed[:, 2 : 2 + BINS], rows),
            **{name: function(ranked) for name, function in RANKED.items()},
            **confusion(summed[:, 2 + BINS :]),
        }


def _joined(parts: list[dict[str, Doubles]]) -> dict[str, Doubles]:
    return {metric: np.concatenate([one[metric] for one in parts]) for metric in METRICS}

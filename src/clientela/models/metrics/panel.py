"""Every metric of probabilities at once, on the same resamples, so that models compare in pairs."""

import numpy as np
import numpy.typing as npt

from clientela.models.metrics.brier import squares
from clientela.models.metrics.confusion import confusion
from clientela.models.metrics.ece import ece
from clientela.models.metrics.lift import lift
from clientela.models.metrics.log_loss import log_losses
from clientela.models.metrics.pr_auc import pr_auc
from clientela.models.metrics.ranking import ranking
from clientela.models.metrics.resampling import Weights, resamples
from clientela.models.metrics.roc_auc import roc_auc
from clientela.scoring.columns import Doubles

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


def panel(
    chances: dict[str, Doubles],
    left: Doubles,
    customers: npt.NDArray[np.intp],
    threshold: float,
    draws: tuple[int, int],
) -> dict[str, dict[str, Doubles]]:
    """Measure models on the rows themselves and on resamples of customers.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model.
    left, customers : arrays of shape (rows,)
        What happened, and whose row it is.
    threshold : float
        Probability from which a customer is called a leaver.
    draws : tuple of int
        Resamples and seed.

    Returns
    -------
    dict of dict of arrays, shape (1 + resamples,)
        By model and metric; the first value is that of the rows themselves.
    """
    found: dict[str, list[dict[str, Doubles]]] = {name: [] for name in chances}
    once = np.ones((1, len(left)), dtype=np.float32)
    for weights in (once, *resamples(customers, *draws)):
        for name, chance in chances.items():
            found[name].append(_block(chance, left, threshold, weights))
    return {
        name: {metric: np.concatenate([one[metric] for one in parts]) for metric in METRICS}
        for name, parts in found.items()
    }


def _block(
    chance: Doubles, left: Doubles, threshold: float, weights: Weights
) -> dict[str, Doubles]:
    ranked = ranking(chance, left, weights)
    total = weights.sum(axis=1, dtype=np.float64)
    losses = np.stack([log_losses(chance, left), squares(chance, left)], axis=1)
    loss, square = (weights.astype(np.float64) @ losses).T / total
    return {
        "roc_auc": roc_auc(ranked),
        "pr_auc": pr_auc(ranked),
        "log_loss": loss,
        "brier": square,
        "ece": ece(chance, left, weights),
        "lift_top_decile": lift(ranked),
        **confusion(chance, left, threshold, weights),
    }

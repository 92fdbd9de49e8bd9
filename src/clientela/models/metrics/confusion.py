"""What calling every customer above a threshold a leaver gets right."""

import numpy as np

from clientela.models.metrics.resampling import Weights
from clientela.scoring.columns import Doubles


def confusion(
    chance: Doubles, left: Doubles, threshold: float, weights: Weights
) -> dict[str, Doubles]:
    """Give accuracy, precision, recall and F1 of every resample; NaN where nobody is called.

    Returns
    -------
    dict of str to array of shape (resamples,)
    """
    called = (chance >= threshold).astype(np.float64)
    columns = np.stack([called * left, called, left, np.ones(len(left))], axis=1)
    hits, calls, leavers, rows = (weights.astype(np.float64) @ columns).T
    right = rows - calls - leavers + 2.0 * hits
    return {
        "accuracy": _ratio(right, rows),
        "precision": _ratio(hits, calls),
        "recall": _ratio(hits, leavers),
        "f1": _ratio(2.0 * hits, calls + leavers),
    }


def _ratio(over: Doubles, under: Doubles) -> Doubles:
    found: Doubles = np.divide(over, under, out=np.full(len(under), np.nan), where=under > 0)
    return found

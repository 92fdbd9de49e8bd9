"""What calling every customer above a threshold a leaver gets right."""

import numpy as np

from clientela.statistics.arrays import Doubles


def calls(chance: Doubles, left: Doubles, threshold: float) -> Doubles:
    """Give each row's hit, call, leaver and 1, shape (rows, 4)."""
    called = (chance >= threshold).astype(np.float64)
    return np.stack([called * left, called, left, np.ones(len(left))], axis=1)


def confusion(summed: Doubles) -> dict[str, Doubles]:
    """Give accuracy, precision, recall and F1 of every resample; NaN where nobody is called.

    Parameters
    ----------
    summed : array of shape (resamples, 4)
        Weighted sums of :func:`calls`.

    Examples
    --------
    >>> two = calls(np.array([0.9, 0.8]), np.array([1.0, 0.0]), 0.5)
    >>> confusion(two.sum(axis=0, keepdims=True))["precision"]
    array([0.5])
    """
    hits, called, leavers, rows = summed.T
    right = rows - called - leavers + 2.0 * hits
    return {
        "accuracy": _ratio(right, rows),
        "precision": _ratio(hits, called),
        "recall": _ratio(hits, leavers),
        "f1": _ratio(2.0 * hits, called + leavers),
    }


def _ratio(over: Doubles, under: Doubles) -> Doubles:
    found: Doubles = np.divide(over, under, out=np.full(len(under), np.nan), where=under > 0)
    return found

"""How counts foretold agree with the counts that came."""

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles
from clientela.statistics.ranks import place_among, spearman

BINS = 10  # by convention: tenths of the customers


Flags = npt.NDArray[np.bool_]


def score_counts(expected: Doubles, actual: Doubles, order: Doubles) -> dict[str, float | None]:
    """Compare foretold with actual counts.

    Parameters
    ----------
    foretold, came : array of shape (customers,)
        Counts.
    buys : array of shape (customers,)
        What sorts the customers by whether they will buy at all, such as its probability.

    Returns
    -------
    dict
        ``purchases``, the total foretold; ``total_error``, its share too high or too low; ``mae``
        and ``rmse``; ``spearman``; ``auc_active``, how well it sorts who bought at all. None where
        nothing can be told.

    Examples
    --------
    >>> foretold = np.array([2.0, 1.0, 0.5])
    >>> score_counts(foretold, np.array([2.0, 1.0, 0.0]), foretold)["auc_active"]
    1.0
    """
    purchases, active = float(actual.sum()), actual > 0
    errors = expected - actual
    return {
        "purchases": float(expected.sum()),
        "total_error": float(expected.sum()) / purchases - 1.0 if purchases else None,
        "mae": float(np.abs(errors).mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "spearman": spearman(expected, actual),
        "auc_active": auc(order, active),
    }


def calibration(probability: Doubles, actual: Doubles) -> list[dict[str, float | int]]:
    """Put the customers into ten groups of equal size by the probability told.

    Returns
    -------
    list of dict
        ``customers``, the mean ``expected`` and the share that ``came`` true, lowest first.
    """
    order = np.argsort(probability, kind="stable")
    return [
        {
            "customers": len(rows),
            "expected": float(probability[rows].mean()),
            "came": float(actual[rows].mean()),
        }
        for rows in np.array_split(order, BINS)
        if len(rows)
    ]


def auc(score: Doubles, positive: Flags) -> float | None:
    """Return the share of pairs sorted rightly, ties by half (Mann and Whitney)."""
    if positive.all() or not positive.any():
        return None
    return float(place_among(score[positive], score[~positive]).mean())

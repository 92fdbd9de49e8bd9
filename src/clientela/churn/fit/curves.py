"""The curves of a model: ROC, precision and recall, calibration, gain, learning."""

import numpy as np
import pyarrow as pa

from clientela.churn.fit.judged import Judged
from clientela.statistics.arrays import Doubles
from clientela.statistics.calibration import assign_bins
from clientela.statistics.ranking import rank_rows
from clientela.store.arrow_schemas import table

POINTS = 50


def curves(judged: Judged, model: str, learning: list[dict[str, object]] | None = None) -> pa.Table:
    """Give ``model_curves`` of :mod:`clientela.store.arrow_schemas`, at most fifty points each.

    ``roc``: share of stayers called, share of leavers found; ``pr``: recall, precision; ``gain``:
    share of customers called, share of leavers found; ``calibration``: probability foretold and
    share that left in each bin, with its 95 % interval (Wilson); ``learning``: customers learnt
    from and log loss.
    """
    chance, left = judged.chances[model], judged.left
    rows = _ranked(chance, left) + _calibration(chance, left)
    rows += [{"curve": "learning", **point} for point in learning or []]
    return table("model_curves", [{"purpose": "churn", "model": model, **row} for row in rows])


def _ranked(chance: Doubles, left: Doubles) -> list[dict[str, object]]:
    leavers, stayers = rank_rows(chance, left)
    found = np.r_[0.0, np.cumsum(leavers[0])]
    wrong = np.r_[0.0, np.cumsum(stayers[0])]
    if not (found[-1] and wrong[-1]):
        return []
    called = found + wrong
    places = np.unique(np.searchsorted(called, np.linspace(0, called[-1], POINTS)))
    kept = places[:POINTS]
    recall, share = (found / found[-1])[kept], (called / called[-1])[kept]
    precision = (found[1:] / called[1:])[np.maximum(kept - 1, 0)]
    return [
        *_points("roc", (wrong / wrong[-1])[kept], recall),
        *_points("pr", recall, precision),
        *_points("gain", share, recall),
    ]


def _calibration(chance: Doubles, left: Doubles) -> list[dict[str, object]]:
    member = assign_bins(chance)
    used, place = np.unique(member, return_inverse=True)
    count = np.bincount(place)
    told, seen = np.bincount(place, chance) / count, np.bincount(place, left) / count
    middle = (seen + 1.92 / count) / (1.0 + 3.84 / count)
    half = 1.96 * np.sqrt(seen * (1 - seen) / count + 0.96 / count**2) / (1.0 + 3.84 / count)
    points = _points("calibration", told, seen)
    for point in range(len(used)):
        points[point] |= {"low": float(middle[point] - half[point])}
        points[point] |= {"high": float(middle[point] + half[point])}
    return points


def _points(curve: str, x: Doubles, y: Doubles) -> list[dict[str, object]]:
    return [
        {"curve": curve, "position": position + 1, "x": float(a), "y": float(b)}
        for position, (a, b) in enumerate(zip(x, y, strict=True))
    ]

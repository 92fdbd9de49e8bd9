"""Naive rules: a customer leaves who is silent for long, or who brings less than before."""

from dataclasses import dataclass

import numpy as np

from clientela.churn.fit.learners.learner import Parameters, Untuned
from clientela.churn.fit.rows import Rows
from clientela.churn.score.additive import Additive
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class Everyone(Untuned):
    """The same probability for everyone."""

    def fit(self, rows: Rows, parameters: Parameters, seed: int) -> Additive:
        """Learn the share of leavers."""
        return _flat(rows, float(np.average(rows.rate_logits())))


@dataclass(frozen=True)
class Rule(Untuned):
    """A threshold on one feature: where leaving differs most on its two sides.

    Parameters
    ----------
    feature : str
        The feature compared with the threshold; unknown values stand below it.
    """

    feature: str = ""

    def fit(self, rows: Rows, parameters: Parameters, seed: int) -> Additive:
        """Learn the threshold among percentiles, and the log-odds of both sides."""
        position = [one.name for one in rows.encoding.numbers].index(self.feature)
        values = rows.matrix[:, position]
        known = values[~np.isnan(values)]
        cuts = np.unique(np.quantile(known, np.arange(0.05, 1.0, 0.05))) if len(known) else known
        sides = [_sides(rows.left, values > cut) for cut in cuts]
        if not sides:
            return _flat(rows, float(np.average(rows.rate_logits())))
        best = int(np.argmin([side.loss for side in sides]))
        return _step(rows, position, float(cuts[best]), sides[best])


@dataclass(frozen=True)
class _Sides:
    below: float
    above: float
    share: float
    loss: float


def _sides(left: Doubles, above: np.typing.NDArray[np.bool_]) -> _Sides:
    logits, loss = [], 0.0
    for side in (~above, above):
        count, leavers = float(side.sum()), float(left[side].sum())
        chance = (leavers + 0.5) / (count + 1.0)
        logits.append(float(np.log(chance / (1.0 - chance))))
        loss -= leavers * np.log(chance) + (count - leavers) * np.log(1.0 - chance)
    return _Sides(logits[0], logits[1], float(above.mean()), loss)


def _flat(rows: Rows, intercept: float) -> Additive:
    numbers, texts = len(rows.encoding.numbers), len(rows.encoding.texts)
    most = max((len(known) for known in rows.encoding.categories), default=0)
    none = np.zeros(numbers)
    return Additive(
        unit=np.ones(numbers),
        bent=np.zeros(numbers, dtype=np.bool_),
        low=none,
        high=none,
        centre=none,
        missing=none,
        knots=np.zeros((numbers, 1)),
        slopes=np.zeros((numbers, 1)),
        heights=np.zeros((texts, 1 + most)),
        intercept=intercept,
    )


def _step(rows: Rows, position: int, cut: float, sides: _Sides) -> Additive:
    """Draw a step as a steep line, a millionth of the threshold's size wide."""
    flat = _flat(rows, sides.below + (sides.above - sides.below) * sides.share)
    width = max(abs(cut), 1.0) * 1e-6
    rise = sides.above - sides.below
    low, high, centre, missing = (np.zeros(len(flat.unit)) for _ in range(4))
    knots, slopes = np.zeros((len(low), 1)), np.zeros((len(low), 1))
    low[position], high[position], knots[position, 0] = cut, cut + width, cut
    slopes[position, 0] = rise / width
    centre[position], missing[position] = rise * sides.share, -rise * sides.share
    return Additive(
        unit=flat.unit,
        bent=flat.bent,
        low=low,
        high=high,
        centre=centre,
        missing=missing,
        knots=knots,
        slopes=slopes,
        heights=flat.heights,
        intercept=flat.intercept,
    )

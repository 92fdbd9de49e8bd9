"""The probability of no purchase from each customer's own rhythm."""

from dataclasses import dataclass, replace

import numpy as np

from clientela.btyd.candidates import fit_dropout
from clientela.btyd.frame import Frame
from clientela.churn.fit.learners.learner import ParameterFreeLearner, Parameters
from clientela.churn.fit.training_data import TrainingRows
from clientela.churn.score.additive import Additive
from clientela.churn.score.btyd_churn import READS, BtydChurn
from clientela.statistics.arrays import Doubles

BTYD_ROWS = 4_000


@dataclass(frozen=True)
class BtydLearner(ParameterFreeLearner):
    """MBG/NBD of the latest date learnt from, or NBD where no dropout shows.

    Parameters
    ----------
    horizon_days : int
        Days in which no purchase is asked about.

    References
    ----------
    Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for
    customer base analysis, doi:10.1016/j.ijresmar.2006.12.005.
    """

    horizon_days: int = 90

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> BtydChurn:
        """Fit on the latest date alone: earlier ones are the same customers, younger."""
        names = [feature.name for feature in rows.encoding.numbers]
        first, second, third = (names.index(name) for name in READS)
        latest = rows.take(rows.dates == rows.dates.min()).thin(BTYD_ROWS, seed)
        days, tenure, silence = (latest.matrix[:, place] for place in (first, second, third))
        known = (days >= 1.0) & (silence >= 0.0) & (tenure >= silence)
        x = days[known] - 1.0
        late = np.where(x > 0.0, (tenure - silence)[known], 0.0)
        frame = Frame(x, late, tenure[known], np.zeros(len(x)), "days")
        fitted = BtydChurn(fit_dropout(frame), self.horizon_days, (first, second, third))
        return replace(fitted, centre=float(np.mean(fitted.logits(rows.matrix))))


@dataclass(frozen=True)
class BaseRateLearner(ParameterFreeLearner):
    """The same probability for everyone."""

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> Additive:
        """Learn the share of leavers."""
        return _draw_flat(rows, float(np.average(rows.date_logits())))


@dataclass(frozen=True)
class ThresholdLearner(ParameterFreeLearner):
    """A threshold on one feature: where leaving differs most on its two sides.

    Parameters
    ----------
    feature : str
        The feature compared with the threshold; unknown values stand below it.
    """

    feature: str = ""

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> Additive:
        """Learn the threshold among percentiles, and the log-odds of both sides."""
        position = [one.name for one in rows.encoding.numbers].index(self.feature)
        values = rows.matrix[:, position]
        known = values[~np.isnan(values)]
        cuts = np.unique(np.quantile(known, np.arange(0.05, 1.0, 0.05))) if len(known) else known
        sides = [_split_sides(rows.left, values > cut) for cut in cuts]
        if not sides:
            return _draw_flat(rows, float(np.average(rows.date_logits())))
        best = int(np.argmin([side.loss for side in sides]))
        return _draw_step(rows, position, float(cuts[best]), sides[best])


@dataclass(frozen=True)
class _Sides:
    below: float
    above: float
    share: float
    loss: float


def _split_sides(left: Doubles, above: np.typing.NDArray[np.bool_]) -> _Sides:
    logits, loss = [], 0.0
    for side in (~above, above):
        count, leavers = float(side.sum()), float(left[side].sum())
        chance = (leavers + 0.5) / (count + 1.0)
        logits.append(float(np.log(chance / (1.0 - chance))))
        loss -= leavers * np.log(chance) + (count - leavers) * np.log(1.0 - chance)
    return _Sides(logits[0], logits[1], float(above.mean()), loss)


def _draw_flat(rows: TrainingRows, intercept: float) -> Additive:
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


def _draw_step(rows: TrainingRows, position: int, cut: float, sides: _Sides) -> Additive:
    """Draw a step as a steep line, a millionth of the threshold's size wide."""
    flat = _draw_flat(rows, sides.below + (sides.above - sides.below) * sides.share)
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

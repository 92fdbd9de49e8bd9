"""Baselines: one rate for everyone, thresholds on one feature, and a BTYD model."""

from dataclasses import replace

import numpy as np

from clientela.btyd.candidates import fit_dropout
from clientela.btyd.frame import Frame
from clientela.churn.fit.learners.learner import Family, ParameterFreeLearner, Parameters
from clientela.churn.fit.training_data import TrainingRows
from clientela.churn.score.additive import Additive
from clientela.churn.score.btyd_churn import READS, BtydChurn
from clientela.statistics.arrays import Doubles

# Customers that the BTYD model is fitted to, by convention: its four parameters need no more.
BTYD_ROWS = 4_000


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

    def __init__(self, name: str, family: Family, horizon_days: int) -> None:
        super().__init__(name, family)
        self.horizon_days = horizon_days

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> BtydChurn:
        """Fit on the latest date alone: earlier ones are the same customers, younger."""
        names = [feature.name for feature in rows.encoding.numbers]
        first, second, third = (names.index(name) for name in READS)
        latest = rows.take(rows.dates == rows.dates.min()).thin(BTYD_ROWS, seed)
        days, tenure, silence = (latest.matrix[:, column] for column in (first, second, third))
        valid = (days >= 1.0) & (silence >= 0.0) & (tenure >= silence)
        x = days[valid] - 1.0
        late = np.where(x > 0.0, (tenure - silence)[valid], 0.0)
        frame = Frame(x, late, tenure[valid], np.zeros(len(x)), "days")
        fitted = BtydChurn(fit_dropout(frame), self.horizon_days, (first, second, third))
        return replace(fitted, centre=float(np.mean(fitted.logits(rows.matrix))))


class BaseRateLearner(ParameterFreeLearner):
    """The same probability for everyone."""

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> Additive:
        """Learn the share of leavers."""
        return _draw_flat(rows, float(np.average(rows.date_logits())))


class ThresholdLearner(ParameterFreeLearner):
    """A threshold on one feature: where leaving differs most on its two sides.

    Parameters
    ----------
    feature : str
        The feature compared with the threshold; unknown values stand below it.
    """

    def __init__(self, name: str, family: Family, feature: str) -> None:
        super().__init__(name, family)
        self.feature = feature

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> Additive:
        """Learn the threshold among percentiles, and the log-odds of both sides."""
        position = [feature.name for feature in rows.encoding.numbers].index(self.feature)
        values = rows.matrix[:, position]
        valid = values[~np.isnan(values)]
        cuts = np.unique(np.quantile(valid, np.arange(0.05, 1.0, 0.05))) if len(valid) else valid
        sides = [_split_sides(rows.left, values > cut) for cut in cuts]
        if not sides:
            return _draw_flat(rows, float(np.average(rows.date_logits())))
        best = int(np.argmin([loss for loss, _, _ in sides]))
        _, below, above = sides[best]
        share = float((values > cuts[best]).mean())
        return _draw_step(rows, position, float(cuts[best]), below, above, share)


def _split_sides(left: Doubles, above: np.typing.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the loss of a threshold, and the log-odds below and above it."""
    logits, loss = [], 0.0
    for side in (~above, above):
        count, leavers = float(side.sum()), float(left[side].sum())
        chance = (leavers + 0.5) / (count + 1.0)
        logits.append(float(np.log(chance / (1.0 - chance))))
        loss -= leavers * np.log(chance) + (count - leavers) * np.log(1.0 - chance)
    return loss, logits[0], logits[1]


def _draw_flat(rows: TrainingRows, intercept: float) -> Additive:
    numbers, texts = len(rows.encoding.numbers), len(rows.encoding.texts)
    widest = max((len(categories) for categories in rows.encoding.categories), default=0)
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
        heights=np.zeros((texts, 1 + widest)),
        intercept=intercept,
    )


def _draw_step(
    rows: TrainingRows, position: int, cut: float, below: float, above: float, share: float
) -> Additive:
    """Draw a step as a steep line, a millionth of the threshold's size wide."""
    flat = _draw_flat(rows, below + (above - below) * share)
    width = max(abs(cut), 1.0) * 1e-6
    rise = above - below
    low, high, centre, missing = (np.zeros(len(flat.unit)) for _ in range(4))
    knots, slopes = np.zeros((len(low), 1)), np.zeros((len(low), 1))
    low[position], high[position], knots[position, 0] = cut, cut + width, cut
    slopes[position, 0] = rise / width
    centre[position], missing[position] = rise * share, -rise * share
    return replace(
        flat,
        low=low,
        high=high,
        centre=centre,
        missing=missing,
        knots=knots,
        slopes=slopes,
    )

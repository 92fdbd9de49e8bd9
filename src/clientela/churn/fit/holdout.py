"""Holdout predictions: every candidate on past dates, or on folds where there is no time."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from clientela.churn.fit.learners.candidates import LearnerSettings, tune_learners
from clientela.churn.fit.learners.learner import Learner
from clientela.churn.fit.logistic import fit_slope
from clientela.churn.fit.season import Season, Split, Timeline, find_shift
from clientela.churn.fit.training_data import (
    KEY,
    LabelledSnapshot,
    TrainingRows,
    sample_customers,
    stack_rows,
)
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles
from clientela.statistics.calibration import compute_log_losses
from clientela.statistics.panel import Owners, Panel, measure_models

# Customers judged on a date: enough that an interval is as wide as the season's doubt.
MOST_PER_DATE = 20_000


@dataclass(frozen=True, eq=False)
class HoldoutPredictions:
    """Rows of all dates or folds, one below another.

    Parameters
    ----------
    chances : dict of str to array of shape (rows,)
        Probabilities by model, as of each day.
    left : array of 0 and 1, shape (rows,)
        Whether they left.
    customers : array of int, shape (rows,)
        Whose row it is, from 0 on.
    worth : array of shape (rows,)
        What they had brought in as many days before, at their pace.
    expected : array of shape (rows,), optional
        Revenue expected of them as of each day; the pace less the risk where None.
    slopes : dict of str to float
        Calibration of each model.
    dates : int
        Dates or folds.
    times : int
        How often the customers were asked about: on so many dates, or in so many repeats.
    """

    chances: dict[str, Doubles]
    left: Doubles
    customers: Owners
    worth: Doubles
    slopes: dict[str, float] = field(default_factory=dict)
    dates: int = 1
    repeats: int = 1
    expected: Doubles | None = None

    @property
    def people(self) -> int:
        """Number of customers."""
        return int(self.customers.max(initial=-1)) + 1


def join_outcomes(parts: Sequence[LabelledSnapshot]) -> tuple[Doubles, Owners]:
    """Return who left and whose row it is; a customer of several dates is one."""
    ids = np.concatenate([np.asarray(part.table.column(KEY).to_pylist(), str) for part in parts])
    left = np.concatenate([part.left for part in parts]).astype(np.float64)
    return left, np.unique(ids, return_inverse=True)[1].astype(np.intp)


def _join_expected(parts: Sequence[LabelledSnapshot]) -> Doubles | None:
    """Return the revenue expected of all rows; NaN on dates without a forecast."""
    if all(part.expected is None for part in parts):
        return None
    none = [np.full(part.customers, np.nan) for part in parts]
    pairs = zip(parts, none, strict=True)
    return np.concatenate([nan if part.expected is None else part.expected for part, nan in pairs])


def to_probability(logits: Doubles) -> Doubles:
    """Return the probability of log-odds."""
    chance: Doubles = 1.0 / (1.0 + np.exp(-logits))
    return chance


def measure_holdout(holdout: HoldoutPredictions, threshold: float, settings: Churn) -> Panel:
    """Measure every model on the rows and on resamples of their customers."""
    return measure_models(
        holdout.chances,
        holdout.left,
        holdout.customers,
        threshold=threshold,
        resamples=settings.resamples,
        seed=settings.seed,
    )


# Rows that candidates learn from while they are compared, and while they are tuned.
COMPARISON_ROWS, TUNING_ROWS = 9_000, 3_000


class CandidateComparison:
    """The candidates, the past they learn from, and the roles of its dates."""

    def __init__(
        self,
        past: Sequence[LabelledSnapshot],
        learners: Sequence[Learner],
        encoding: Encoding,
        timeline: Timeline,
        season: Season,
        settings: Churn,
    ) -> None:
        self.past, self.learners, self.encoding = past, learners, encoding
        self.timeline, self.season, self.settings = timeline, season, settings

    def tune(self) -> LearnerSettings:
        """Choose each learner's setting on the date that tunes, or keep the first ones."""
        split = self.timeline.tuning
        if split is None or not self.settings.trials:
            return LearnerSettings({learner.name: learner.defaults for learner in self.learners})
        test, positions = split
        train = [self.past[position] for position in positions]
        seed = self.settings.seed
        return tune_learners(
            self.learners,
            stack_rows(train, self.encoding, TUNING_ROWS, seed),
            stack_rows([self.past[test]], self.encoding, TUNING_ROWS, seed),
            self.settings.trials,
            seed,
        )

    def predict_holdout(self, settings: LearnerSettings) -> HoldoutPredictions:
        """Calibrate each candidate on the date that calibrates, and judge it on those that choose.

        Returns
        -------
        HoldoutPredictions
            Probabilities as of each date, level and all; only the slope, one number a model, is
            that of the later date that calibrates.
        """
        slopes = {learner.name: 1.0 for learner in self.learners}
        if self.timeline.calibrating is not None:
            test = sample_customers(
                self.past[self.timeline.calibrating[0]], MOST_PER_DATE, self.settings.seed
            )
            left = test.left.astype(np.float64)
            by_name = self._fit_logits(self.timeline.calibrating, test, settings, self.learners)
            slopes = {name: fit_slope(logits, left) for name, logits in by_name.items()}
        parts, chances = [], []
        for split in self.timeline.choosing:
            test = sample_customers(self.past[split[0]], MOST_PER_DATE, self.settings.seed)
            parts.append(test)
            logits = self._fit_logits(split, test, settings, self.learners)
            chances.append(self._calibrate(logits, slopes, test))
        return HoldoutPredictions(
            {name: np.concatenate([by_name[name] for by_name in chances]) for name in slopes},
            *join_outcomes(parts),
            np.concatenate([part.worth for part in parts]),
            slopes,
            dates=len(parts),
            repeats=len(parts),
            expected=_join_expected(parts),
        )

    def measure_dates(
        self, names: Collection[str], settings: LearnerSettings, slopes: Mapping[str, float]
    ) -> dict[dt.date, dict[str, float]]:
        """Return the mean log loss of some candidates by each of the dates that prove."""
        learners = [learner for learner in self.learners if learner.name in names]
        losses = {}
        for split in self.timeline.proving:
            test = sample_customers(self.past[split[0]], MOST_PER_DATE, self.settings.seed)
            left = test.left.astype(np.float64)
            logits = self._fit_logits(split, test, settings, learners)
            chances = self._calibrate(logits, slopes, test)
            if test.as_of is not None:
                losses[test.as_of] = {
                    name: float(compute_log_losses(chance, left).mean())
                    for name, chance in chances.items()
                }
        return losses

    def _fit_logits(
        self,
        split: Split,
        test: LabelledSnapshot,
        settings: LearnerSettings,
        learners: Sequence[Learner],
    ) -> dict[str, Doubles]:
        train = [self.past[position] for position in split[1]]
        rows = stack_rows(train, self.encoding, COMPARISON_ROWS, self.settings.seed)
        matrix = self.encoding.matrix(test.table)
        return {
            learner.name: learner.fit(rows, settings[learner.name], self.settings.seed).logits(
                matrix
            )
            for learner in learners
        }

    def _calibrate(
        self, logits: dict[str, Doubles], slopes: Mapping[str, float], test: LabelledSnapshot
    ) -> dict[str, Doubles]:
        if test.as_of is None:
            raise ValueError("a snapshot without a date cannot be judged in time")
        share = self.season.expect_level(test.as_of).share
        calibrated = {name: slopes[name] * values for name, values in logits.items()}
        return {
            name: to_probability(values + find_shift(values, share))
            for name, values in calibrated.items()
        }


# By convention, after Kohavi (1995), A study of cross-validation, IJCAI.
FOLDS, REPEATS = 5, 2
# Share of a fold's customers on which settings are tuned, by convention.
INNER_SHARE = 0.25

_Positions = npt.NDArray[np.intp]


def deal_folds(left: Doubles, repeats: int, seed: int) -> Iterator[tuple[_Positions, _Positions]]:
    """Yield the positions of who is learnt from and who is tested, of stratified folds."""
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        fold_of = np.empty(len(left), dtype=np.intp)
        for kind in (0.0, 1.0):
            where = rng.permutation(np.flatnonzero(left == kind))
            fold_of[where] = np.arange(len(where)) % FOLDS
        for fold in range(FOLDS):
            yield np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)


def predict_in_folds(
    snapshot: LabelledSnapshot, learners: Sequence[Learner], encoding: Encoding, settings: Churn
) -> HoldoutPredictions:
    """Judge each candidate on every fold, tuned inside the rest of it.

    Returns
    -------
    HoldoutPredictions
        Each customer once for every repeat.
    """
    rows = stack_rows([snapshot], encoding, snapshot.customers, settings.seed)
    parts = []
    tests = []
    for train, test in deal_folds(rows.left, REPEATS, settings.seed):
        parts.append(_predict_fold(rows.take(train), rows.matrix[test], learners, settings))
        tests.append(test)
    where = np.concatenate(tests)
    return HoldoutPredictions(
        {
            learner.name: np.concatenate([part[learner.name] for part in parts])
            for learner in learners
        },
        rows.left[where],
        where,
        snapshot.worth[where],
        {learner.name: 1.0 for learner in learners},
        dates=FOLDS * REPEATS,
        repeats=REPEATS,
    )


def tune_inside(
    rows: TrainingRows, learners: Sequence[Learner], settings: Churn
) -> LearnerSettings:
    """Choose settings on a quarter of the customers, learnt from the others."""
    if not settings.trials:
        return LearnerSettings({learner.name: learner.defaults for learner in learners})
    rng = np.random.default_rng([settings.seed, len(rows)])
    inner = np.zeros(len(rows), dtype=np.bool_)
    for kind in (0.0, 1.0):
        where = rng.permutation(np.flatnonzero(rows.left == kind))
        inner[where[: max(int(len(where) * INNER_SHARE), 1)]] = True
    return tune_learners(
        learners, rows.take(~inner), rows.take(inner), settings.trials, settings.seed
    )


def _predict_fold(
    train: TrainingRows, matrix: Doubles, learners: Sequence[Learner], settings: Churn
) -> dict[str, Doubles]:
    parameters = tune_inside(train, learners, settings)
    return {
        learner.name: to_probability(
            learner.fit(train, parameters[learner.name], settings.seed).logits(matrix)
        )
        for learner in learners
    }

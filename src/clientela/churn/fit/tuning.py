"""Settings tried on an earlier date, within a budget counted in trials."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from clientela.churn.fit.calibration import slope
from clientela.churn.fit.learners.learner import Learner, Parameters
from clientela.churn.fit.rows import Rows
from clientela.churn.fit.season import shift_for
from clientela.statistics.calibration import compute_log_losses

SHARES = {"spline_logistic": 6, "lightgbm": 7, "logistic": 3, "xgboost": 3, "catboost": 2}
"""Weights of the models in the budget; the others have 2: they cannot serve."""


class Tuned(dict[str, Parameters]):
    """The setting chosen for each learner, by name, and how many were tried."""

    def __init__(
        self, settings: Mapping[str, Parameters], trials: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(settings)
        self.trials = dict(trials or {})


def budget(learners: Sequence[Learner], trials: int) -> dict[str, int]:
    """Divide the trials in proportion to the weights, by largest remainders.

    Examples
    --------
    >>> from clientela.churn.fit.learners.candidates import LEARNERS
    >>> budget([LEARNERS["logistic"], LEARNERS["lightgbm"]], 10)
    {'logistic': 3, 'lightgbm': 7}
    """
    tunable = [learner.name for learner in learners if learner.defaults]
    weights = np.array([SHARES.get(name, 2) for name in tunable], dtype=np.float64)
    ideal = trials * weights / max(weights.sum(), 1.0)
    counts = np.floor(ideal).astype(int)
    for position in np.argsort(counts - ideal, kind="stable")[: trials - counts.sum()]:
        counts[position] += 1
    return {name: int(count) for name, count in zip(tunable, counts, strict=True)}


def tuned(learners: Sequence[Learner], train: Rows, test: Rows, trials: int, seed: int) -> Tuned:
    """Choose each learner's setting by its log loss on a later date, at that date's own level.

    Parameters
    ----------
    learners : sequence of Learner
        Candidates; those without settings are passed over.
    train, test : Rows
        What was known on the date that tunes, and that date.
    trials : int
        Settings tried in all; the first of each learner is its default.
    seed : int
        Seed of the sampler.

    References
    ----------
    Bergstra et al. (2011), Algorithms for hyper-parameter optimization, NeurIPS 24; Akiba et al.
    (2019), Optuna, KDD, doi:10.1145/3292500.3330701.
    """
    counts = budget(learners, trials)
    chosen = Tuned({learner.name: learner.defaults for learner in learners}, counts)
    for learner in learners:
        if counts.get(learner.name, 0) > 1:
            chosen[learner.name] = _best(learner, train, test, counts[learner.name], seed)
    return chosen


def _best(learner: Learner, train: Rows, test: Rows, trials: int, seed: int) -> Parameters:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(trials // 2, 2))
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(dict(learner.defaults))
    study.optimize(_objective(learner, train, test, seed), n_trials=trials)
    return learner.suggest(optuna.trial.FixedTrial(study.best_params))


def _objective(learner: Learner, train: Rows, test: Rows, seed: int) -> Callable[[object], float]:
    def loss(trial: object) -> float:
        logits = learner.fit(train, learner.suggest(trial), seed).logits(test.matrix)
        bent = logits * slope(logits, test.left)
        level = bent + shift_for(bent, float(test.left.mean()))
        return float(compute_log_losses(1.0 / (1.0 + np.exp(-level)), test.left).mean())

    return loss

"""Who takes part in the comparison."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from clientela.churn.fit.learners.baselines import BaseRateLearner, BtydLearner, ThresholdLearner
from clientela.churn.fit.learners.learner import Learner, Parameters
from clientela.churn.fit.learners.lightgbm import LightGbmLearner
from clientela.churn.fit.learners.linear import RidgeLearner
from clientela.churn.fit.learners.sklearn_learners import (
    CATBOOST,
    EXTRA_TREES,
    HIST,
    KNN,
    RANDOM_FOREST,
    TREE,
    XGBOOST,
)
from clientela.churn.fit.logistic import fit_slope
from clientela.churn.fit.season import find_shift
from clientela.churn.fit.training_data import TrainingRows
from clientela.churn.score.btyd_churn import READS
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import Churn, ChurnName
from clientela.statistics.calibration import compute_log_losses

LEARNERS: dict[ChurnName, Learner] = {
    "logistic": RidgeLearner("logistic", "simple"),
    "spline_logistic": RidgeLearner("spline_logistic", "learned", 3),
    "knn": KNN,
    "tree": TREE,
    "random_forest": RANDOM_FOREST,
    "extra_trees": EXTRA_TREES,
    "lightgbm": LightGbmLearner(),
    "hist_gradient_boosting": HIST,
    "xgboost": XGBOOST,
    "catboost": CATBOOST,
}
RULES = {
    "recency_rule": "days_since_last",
    "revenue_fall_rule": "trend_90d",
    # Of propensities alone, whose customers carry these two.
    "category_rule": "category_orders",
    "progress_rule": "entry_progress",
}


def list_candidates(
    encoding: Encoding, models: Sequence[ChurnName], horizon_days: int = 0
) -> tuple[Learner, ...]:
    """Return the naive rules that the features allow, and the configured models."""
    numbers = {feature.name for feature in encoding.numbers}
    naive: list[Learner] = [BaseRateLearner("base_rate", "naive")]
    naive += [
        ThresholdLearner(name, "naive", feature=feature)
        for name, feature in RULES.items()
        if feature in numbers
    ]
    if horizon_days and set(READS) <= numbers:
        naive.append(BtydLearner("btyd", "btyd", horizon_days=horizon_days))
    return (*naive, *(LEARNERS[name] for name in LEARNERS if name in models))


# Weights of the models in the budget; the others have 2: they cannot serve.
SHARES = {"spline_logistic": 6, "lightgbm": 7, "logistic": 3, "xgboost": 3, "catboost": 2}


def leave_out_unstorable(settings: Churn) -> Churn:
    """Leave out the models that can never serve, with their share of the trials.

    A run fits nothing that it could not use; ``backtest`` and ``retrain`` compare all of them.

    Examples
    --------
    >>> kept = leave_out_unstorable(Churn())
    >>> kept.models, kept.trials
    (('logistic', 'spline_logistic', 'lightgbm'), 14)
    """
    counts = divide_trials([LEARNERS[name] for name in settings.models], settings.trials)
    storable = tuple(name for name in settings.models if LEARNERS[name].exportable)
    trials = sum(counts.get(name, 0) for name in storable)
    return msgspec.structs.replace(settings, models=storable, trials=trials)


class LearnerSettings(dict[str, Parameters]):
    """The setting chosen for each learner, by name, and how many were tried."""

    def __init__(
        self, settings: Mapping[str, Parameters], trials: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(settings)
        self.trials = dict(trials or {})


def divide_trials(learners: Sequence[Learner], trials: int) -> dict[str, int]:
    """Divide the trials in proportion to the weights, by largest remainders.

    Examples
    --------
    >>> from clientela.churn.fit.learners.candidates import LEARNERS
    >>> divide_trials([LEARNERS["logistic"], LEARNERS["lightgbm"]], 10)
    {'logistic': 3, 'lightgbm': 7}
    """
    tunable = [learner.name for learner in learners if learner.defaults]
    weights = np.array([SHARES.get(name, 2) for name in tunable], dtype=np.float64)
    ideal = trials * weights / max(weights.sum(), 1.0)
    counts = np.floor(ideal).astype(int)
    for position in np.argsort(counts - ideal, kind="stable")[: trials - counts.sum()]:
        counts[position] += 1
    return {name: int(count) for name, count in zip(tunable, counts, strict=True)}


def tune_learners(
    learners: Sequence[Learner], train: TrainingRows, test: TrainingRows, trials: int, seed: int
) -> LearnerSettings:
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
    counts = divide_trials(learners, trials)
    settings = LearnerSettings({learner.name: learner.defaults for learner in learners}, counts)
    for learner in learners:
        if counts.get(learner.name, 0) > 1:
            settings[learner.name] = _search_parameters(
                learner, train, test, counts[learner.name], seed
            )
    return settings


def _search_parameters(
    learner: Learner, train: TrainingRows, test: TrainingRows, trials: int, seed: int
) -> Parameters:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=max(trials // 2, 2))
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(dict(learner.defaults))
    study.optimize(_build_objective(learner, train, test, seed), n_trials=trials)
    return learner.suggest(optuna.trial.FixedTrial(study.best_params))


def _build_objective(
    learner: Learner, train: TrainingRows, test: TrainingRows, seed: int
) -> Callable[[object], float]:
    def loss(trial: object) -> float:
        logits = learner.fit(train, learner.suggest(trial), seed).logits(test.matrix)
        bent = logits * fit_slope(logits, test.left)
        level = bent + find_shift(bent, float(test.left.mean()))
        return float(compute_log_losses(1.0 / (1.0 + np.exp(-level)), test.left).mean())

    return loss

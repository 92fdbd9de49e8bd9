"""Settings of the boosted models, tried on the earliest cut-off only."""

from typing import Any

from clientela.value.fit.boosting import (
    DEFAULT,
    Parameters,
    compute_deviance,
    fit_tweedie,
    stack_rows,
)
from clientela.value.fit.training_data import TrainingData

Tuning = tuple[Parameters, int]
"""Settings of both boosted models, and how many were tried."""


def tune_boosting(ground: TrainingData) -> Tuning:
    """Try settings on the customers of the tuning date, the default first.

    The score is the Tweedie deviance of what the model would have forecast there, brought to the
    level that came: level is no matter of the trees. The two-stage model takes the same settings.

    Returns
    -------
    (dict, int)
        Settings of both boosted models, and how many were tried.

    References
    ----------
    Akiba et al. (2019), Optuna: a next-generation hyperparameter optimization framework,
    doi:10.1145/3292500.3330701.
    """
    learnt = {"two_stage", "tweedie"} & set(ground.settings.models)
    if not ground.dates.tuned or ground.settings.trials < 2 or not learnt:
        return DEFAULT, 0
    day = ground.dates.tuned[0]
    orders = ground.orders_by(day)
    past = ground.pairs(ground.dates.learnt_by(day), orders)
    matrix, revenue, _ = stack_rows(past, ground.settings.seed)
    (inputs, outcome) = ground.pairs((day,), orders)[0]
    if not (revenue > 0).any() or outcome.revenue.sum() <= 0:
        return DEFAULT, 0

    def score(trial: Any) -> float:
        parameters = DEFAULT | _suggest(trial)
        shape = fit_tweedie(matrix, revenue, parameters, ground.settings.seed).shape(inputs)
        paid = outcome.revenue / outcome.revenue.mean()
        return compute_deviance(paid, shape / shape.mean())

    best = _search(score, ground.settings.trials, ground.settings.seed)
    return DEFAULT | best, ground.settings.trials


def _search(score: Any, trials: int, seed: int) -> Parameters:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: DEFAULT[name] for name in SEARCHED})
    study.optimize(score, n_trials=trials)
    return dict(study.best_params)


SEARCHED = ("rounds", "learning_rate", "num_leaves", "min_data_in_leaf", "variance_power")


def _suggest(trial: Any) -> Parameters:
    return {
        "rounds": trial.suggest_int("rounds", 30, 90, step=30),
        "learning_rate": trial.suggest_float("learning_rate", 0.03, 0.12),
        "num_leaves": trial.suggest_int("num_leaves", 4, 20),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 20, 120, step=10),
        "variance_power": trial.suggest_float("variance_power", 1.2, 1.7),
    }

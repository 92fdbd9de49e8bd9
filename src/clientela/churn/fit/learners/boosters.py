"""Other boosted trees: scikit-learn's, and the extras XGBoost and CatBoost."""

from typing import Any

from clientela.churn.fit.learners.learner import Parameters
from clientela.churn.fit.learners.sklearn_learner import OpaqueLearner, extra

FIRST = (("rate", 0.05), ("rounds", 80), ("depth", 3))


def _draw(trial: Any) -> Parameters:
    return {
        "rate": trial.suggest_float("rate", 0.02, 0.2, log=True),
        "rounds": trial.suggest_int("rounds", 40, 150),
        "depth": trial.suggest_int("depth", 2, 5),
    }


def _hist(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        learning_rate=parameters["rate"],
        max_iter=int(parameters["rounds"]),
        max_depth=int(parameters["depth"]),
        early_stopping=False,
        random_state=seed,
    )


def _xgboost(parameters: Parameters, seed: int, rows: int) -> Any:
    try:
        import xgboost
    except ImportError:
        raise extra("xgboost") from None
    return xgboost.XGBClassifier(
        learning_rate=parameters["rate"],
        n_estimators=int(parameters["rounds"]),
        max_depth=int(parameters["depth"]),
        subsample=0.8,
        random_state=seed,
        n_jobs=1,
    )


def _catboost(parameters: Parameters, seed: int, rows: int) -> Any:
    try:
        import catboost
    except ImportError:
        raise extra("catboost") from None
    return catboost.CatBoostClassifier(
        learning_rate=parameters["rate"],
        iterations=int(parameters["rounds"]),
        depth=int(parameters["depth"]),
        random_seed=seed,
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
    )


HIST = OpaqueLearner("hist_gradient_boosting", FIRST, _draw, _hist)
XGBOOST = OpaqueLearner("xgboost", FIRST, _draw, _xgboost)
CATBOOST = OpaqueLearner("catboost", FIRST, _draw, _catboost)

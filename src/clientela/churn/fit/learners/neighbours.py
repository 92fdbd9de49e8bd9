"""The share of leavers among the nearest customers of the past."""

from typing import Any

from clientela.churn.fit.learners.learner import Parameters
from clientela.churn.fit.learners.sklearn_learner import OpaqueLearner


def _draw(trial: Any) -> Parameters:
    return {"neighbours": trial.suggest_int("neighbours", 15, 301, log=True)}


def _make(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(min(int(parameters["neighbours"]), rows), algorithm="brute")


KNN = OpaqueLearner("knn", (("neighbours", 101),), _draw, _make)

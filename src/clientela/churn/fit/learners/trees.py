"""One tree, and forests of many."""

from typing import Any

from clientela.churn.fit.learners.learner import Parameters
from clientela.churn.fit.learners.sklearn_learner import OpaqueLearner

TREES = 30


def _draw(trial: Any) -> Parameters:
    return {"leaf": trial.suggest_int("leaf", 5, 80, log=True)}


def _tree(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(min_samples_leaf=int(parameters["leaf"]), random_state=seed)


def _forest(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    leaf = int(parameters["leaf"])
    return RandomForestClassifier(TREES, min_samples_leaf=leaf, random_state=seed)


def _extra(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.ensemble import ExtraTreesClassifier

    leaf = int(parameters["leaf"])
    return ExtraTreesClassifier(TREES, min_samples_leaf=leaf, random_state=seed)


TREE = OpaqueLearner("tree", (("leaf", 60),), _draw, _tree)
RANDOM_FOREST = OpaqueLearner("random_forest", (("leaf", 10),), _draw, _forest)
EXTRA_TREES = OpaqueLearner("extra_trees", (("leaf", 10),), _draw, _extra)

"""scikit-learn candidates, compared but never serving: they export no small arrays."""

from collections.abc import Callable
from typing import Any

from threadpoolctl import threadpool_limits

from clientela.churn.fit.learners.baselines import BaseRateLearner
from clientela.churn.fit.learners.learner import CandidateModel, Family, Parameters, to_log_odds
from clientela.churn.fit.learners.linear import SplineBases, learn_bases
from clientela.churn.fit.training_data import TrainingRows
from clientela.errors import MissingExtra
from clientela.statistics.arrays import Doubles

# Rows that such a candidate learns from: enough to rank it, and no hour of forests.
MOST_ROWS = 2_000


class SklearnModel:
    """A fitted classifier of another library behind standardised columns."""

    def __init__(self, bases: SplineBases, classifier: Any) -> None:
        self.bases, self.classifier = bases, classifier

    def logits(self, matrix: Doubles) -> Doubles:
        """Return the log-odds."""
        columns = self.bases.columns(matrix)
        with threadpool_limits(1):
            return to_log_odds(self.classifier.predict_proba(columns)[:, 1])


class SklearnLearner:
    """A classifier with the interface of scikit-learn, on standardised and filled columns.

    Parameters
    ----------
    name : str
        Name in tables and settings.
    defaults : mapping
        The first setting tried.
    draw : callable
        Draws a setting from an Optuna trial.
    make : callable
        Makes the classifier of a setting, a seed and the number of rows.
    """

    family: Family = "learned"
    exportable = False

    def __init__(
        self,
        name: str,
        defaults: Parameters,
        draw: Callable[[Any], Parameters],
        make: Callable[[Parameters, int, int], Any],
    ) -> None:
        self.name, self.defaults, self.draw, self.make = name, defaults, draw, make

    def suggest(self, trial: Any) -> Parameters:
        """Draw a setting."""
        return self.draw(trial)

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> CandidateModel:
        """Fit on a sample of the rows; where nobody in it left, or all did, tell nobody apart."""
        bases, columns, left = rows.compute_once(_standardise_sample)
        if left.min() == left.max():
            return BaseRateLearner(self.name, self.family).fit(rows, parameters, seed)
        classifier = self.make(parameters, seed, len(left))
        with threadpool_limits(1):  # so few rows: threads that wait for each other cost more
            return SklearnModel(bases, classifier.fit(columns, left))


def _standardise_sample(rows: TrainingRows) -> tuple[SplineBases, Doubles, Doubles]:
    """Return the bases, columns and outcomes of a sample, the same for every classifier."""
    sample = rows.thin(MOST_ROWS, 0)
    bases = learn_bases(sample.matrix, sample.encoding, 0)
    return bases, bases.columns(sample.matrix), sample.left


def explain_missing(name: str) -> MissingExtra:
    """Return the error that says how to install a booster."""
    return MissingExtra.of("boosters", f"the churn model {name!r}")


def _draw_neighbours(trial: Any) -> Parameters:
    return {"neighbours": trial.suggest_int("neighbours", 15, 301, log=True)}


def _make_neighbours(parameters: Parameters, seed: int, rows: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(min(int(parameters["neighbours"]), rows), algorithm="brute")


KNN = SklearnLearner("knn", {"neighbours": 101}, _draw_neighbours, _make_neighbours)


# Trees of a forest, by convention: it is compared and never serves.
TREES = 30


def _draw_leaf(trial: Any) -> Parameters:
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


TREE = SklearnLearner("tree", {"leaf": 60}, _draw_leaf, _tree)
RANDOM_FOREST = SklearnLearner("random_forest", {"leaf": 10}, _draw_leaf, _forest)
EXTRA_TREES = SklearnLearner("extra_trees", {"leaf": 10}, _draw_leaf, _extra)


# The first setting tried, by convention: shallow trees, as data are small.
BOOSTING_DEFAULTS = {"rate": 0.05, "rounds": 80, "depth": 3}


def _draw_boosting(trial: Any) -> Parameters:
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
        raise explain_missing("xgboost") from None
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
        raise explain_missing("catboost") from None
    return catboost.CatBoostClassifier(
        learning_rate=parameters["rate"],
        iterations=int(parameters["rounds"]),
        depth=int(parameters["depth"]),
        random_seed=seed,
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
    )


HIST = SklearnLearner("hist_gradient_boosting", BOOSTING_DEFAULTS, _draw_boosting, _hist)
XGBOOST = SklearnLearner("xgboost", BOOSTING_DEFAULTS, _draw_boosting, _xgboost)
CATBOOST = SklearnLearner("catboost", BOOSTING_DEFAULTS, _draw_boosting, _catboost)

"""Who takes part in the comparison."""

from collections.abc import Sequence

from clientela.churn.fit.learners.boosters import CATBOOST, HIST, XGBOOST
from clientela.churn.fit.learners.btyd import Btyd
from clientela.churn.fit.learners.learner import Learner
from clientela.churn.fit.learners.lightgbm import LightGbm
from clientela.churn.fit.learners.linear import Linear
from clientela.churn.fit.learners.neighbours import KNN
from clientela.churn.fit.learners.rules import Everyone, Rule
from clientela.churn.fit.learners.trees import EXTRA_TREES, RANDOM_FOREST, TREE
from clientela.churn.score.btyd_churn import READS
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import ChurnName

LEARNERS: dict[ChurnName, Learner] = {
    "logistic": Linear("logistic", "simple"),
    "spline_logistic": Linear("spline_logistic", "learned", 3),
    "knn": KNN,
    "tree": TREE,
    "random_forest": RANDOM_FOREST,
    "extra_trees": EXTRA_TREES,
    "lightgbm": LightGbm(),
    "hist_gradient_boosting": HIST,
    "xgboost": XGBOOST,
    "catboost": CATBOOST,
}
RULES = {"recency_rule": "days_since_last", "revenue_fall_rule": "trend_90d"}


def roster(
    encoding: Encoding, models: Sequence[ChurnName], horizon_days: int = 0
) -> tuple[Learner, ...]:
    """Give the naive rules that these features allow, and the models asked for, simplest first."""
    numbers = {feature.name for feature in encoding.numbers}
    naive: list[Learner] = [Everyone("base_rate", "naive")]
    naive += [
        Rule(name, "naive", feature=feature)
        for name, feature in RULES.items()
        if feature in numbers
    ]
    if horizon_days and set(READS) <= numbers:
        naive.append(Btyd("btyd", "btyd", horizon_days=horizon_days))
    return (*naive, *(LEARNERS[name] for name in LEARNERS if name in models))

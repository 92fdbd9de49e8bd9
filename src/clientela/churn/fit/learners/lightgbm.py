"""Boosted trees by LightGBM, small and slow to learn."""

from typing import Any

from clientela.churn.fit.learners.learner import Family, Parameters
from clientela.churn.fit.training_data import TrainingRows
from clientela.churn.score.boosted import BoostedTrees

FIXED = {
    "objective": "binary",
    "bagging_freq": 1,
    "bagging_fraction": 0.7,
    "max_bin": 63,
    "cat_smooth": 20,
    "verbose": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}


class LightGbmLearner:
    """Trees that start from the log-odds of each date, so that the season splits nothing."""

    name = "lightgbm"
    family: Family = "learned"
    exportable = True

    @property
    def defaults(self) -> Parameters:
        """Return small trees: the default ones lose to splines on small data."""
        return {"leaves": 8, "rate": 0.05, "rounds": 100, "least": 60, "ridge": 10.0, "share": 0.5}

    def suggest(self, trial: Any) -> Parameters:
        """Draw a setting."""
        return {
            "leaves": trial.suggest_int("leaves", 3, 16),
            "rate": trial.suggest_float("rate", 0.02, 0.15, log=True),
            "rounds": trial.suggest_int("rounds", 50, 200),
            "least": trial.suggest_int("least", 20, 200, log=True),
            "ridge": trial.suggest_float("ridge", 0.1, 100.0, log=True),
            "share": trial.suggest_float("share", 0.2, 1.0),
        }

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> BoostedTrees:
        """Grow the trees."""
        import lightgbm

        numbers, width = len(rows.encoding.numbers), rows.matrix.shape[1]
        data = lightgbm.Dataset(
            rows.matrix,
            rows.left,
            init_score=rows.date_logits(),
            categorical_feature=list(range(numbers, width)),
        )
        wanted = FIXED | {
            "num_leaves": int(parameters["leaves"]),
            "learning_rate": parameters["rate"],
            "min_data_in_leaf": min(int(parameters["least"]), max(len(rows) // 10, 1)),
            "lambda_l2": parameters["ridge"],
            "feature_fraction": parameters["share"],
            "seed": seed,
        }
        booster = lightgbm.train(wanted, data, int(parameters["rounds"]))
        return BoostedTrees(booster.model_to_string(), float(rows.date_logits().mean()))

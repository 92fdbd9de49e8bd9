"""Logistic regression: straight lines, or curves of splines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from clientela.churn.fit.curve_bases import learn_bases
from clientela.churn.fit.learners.learner import Family, Parameters
from clientela.churn.fit.ridge import ridge
from clientela.churn.fit.rows import Rows
from clientela.churn.score.additive import Additive


@dataclass(frozen=True)
class Linear:
    """Ridge logistic regression with an intercept for each date.

    Parameters
    ----------
    name : str
        ``logistic`` or ``spline_logistic``.
    family : str
        Straight lines are simple; curves are learned.
    knots : int
        Breaks inside each curve by default; 0 keeps straight lines and tunes the penalty alone.
    """

    name: str
    family: Family
    knots: int = 0
    exportable: bool = True

    @property
    def defaults(self) -> Parameters:
        """Give a mild penalty, the inverse of scikit-learn's C."""
        return {"penalty": 100.0 if self.knots else 30.0, "knots": self.knots}

    def suggest(self, trial: Any) -> Parameters:
        """Draw the penalty, and the knots of curves."""
        penalty = trial.suggest_float("penalty", 1.0, 3000.0, log=True)
        knots = trial.suggest_int("knots", 1, 5) if self.knots else 0
        return {"penalty": penalty, "knots": knots}

    def fit(self, rows: Rows, parameters: Parameters, seed: int) -> Additive:
        """Fit the curves."""
        bases = learn_bases(rows.matrix, rows.encoding, int(parameters["knots"]))
        line = ridge(bases.columns(rows.matrix), rows.left, rows.groups(), parameters["penalty"])
        counts = np.unique(rows.dates, return_counts=True)[1]
        average = float(line.intercepts @ counts) / len(rows)
        return bases.additive(line.coefficients, average, rows.matrix)

"""What every way to tell leavers offers to the comparison."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from clientela.churn.fit.training_data import TrainingRows
from clientela.statistics.arrays import Doubles

Family = Literal["naive", "btyd", "simple", "learned"]
Parameters = Mapping[str, Any]


class CandidateModel(Protocol):
    """A fitted candidate."""

    def logits(self, matrix: Doubles) -> Doubles:
        """Return the log-odds of leaving, but for the season, shape (customers,)."""


class Learner(Protocol):
    """A candidate before it is fitted."""

    @property
    def name(self) -> str:
        """Name in tables and settings."""

    @property
    def family(self) -> Family:
        """How elaborate it is: a learned one has to beat the best of the others."""

    @property
    def exportable(self) -> bool:
        """Whether it can be stored as arrays or text, and so serve."""

    @property
    def defaults(self) -> Parameters:
        """Return the first setting tried."""

    def suggest(self, trial: Any) -> Parameters:
        """Draw a setting from an Optuna trial; the defaults' keys, or none."""

    def fit(self, rows: TrainingRows, parameters: Parameters, seed: int) -> CandidateModel:
        """Learn from rows."""


class ParameterFreeLearner:
    """A learner without settings."""

    exportable = True

    def __init__(self, name: str, family: Family) -> None:
        self.name, self.family = name, family

    @property
    def defaults(self) -> Parameters:
        """Return no setting."""
        return {}

    def suggest(self, trial: Any) -> Parameters:
        """Draw nothing."""
        return {}


def to_log_odds(probability: Doubles) -> Doubles:
    """Return log-odds, held within what a hundred thousand customers could tell from certainty."""
    import numpy as np

    inside = np.clip(probability, 1e-5, 1.0 - 1e-5)
    logits: Doubles = np.log(inside) - np.log1p(-inside)
    return logits

"""Candidates that are compared but cannot serve: they leave no arrays, or none that are small."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from threadpoolctl import threadpool_limits

from clientela.churn.fit.curve_bases import Bases, learn_bases
from clientela.churn.fit.learners.learner import Family, Fitted, Parameters, log_odds
from clientela.churn.fit.learners.rules import Everyone
from clientela.churn.fit.rows import Rows
from clientela.errors import MissingExtra
from clientela.statistics.arrays import Doubles

MOST_ROWS = 2_000
"""Rows that such a candidate learns from: enough to rank it, and no hour of forests."""


@dataclass(frozen=True, eq=False)
class Opaque:
    """A fitted classifier of another library behind standardised columns."""

    bases: Bases
    classifier: Any

    def logits(self, matrix: Doubles) -> Doubles:
        """Give the log-odds."""
        columns = self.bases.columns(matrix)
        with threadpool_limits(1):
            return log_odds(self.classifier.predict_proba(columns)[:, 1])


@dataclass(frozen=True)
class OpaqueLearner:
    """A classifier with the interface of scikit-learn, on standardised and filled columns.

    Parameters
    ----------
    name : str
        Name in tables and settings.
    first : tuple of pairs
        The first setting tried.
    draw : callable
        Draws a setting from an Optuna trial.
    make : callable
        Makes the classifier of a setting, a seed and the number of rows.
    """

    name: str
    first: tuple[tuple[str, Any], ...]
    draw: Callable[[Any], Parameters]
    make: Callable[[Parameters, int, int], Any]
    family: Family = "learned"
    exportable: bool = False

    @property
    def defaults(self) -> Parameters:
        """Give the first setting tried."""
        return dict(self.first)

    def suggest(self, trial: Any) -> Parameters:
        """Draw a setting."""
        return self.draw(trial)

    def fit(self, rows: Rows, parameters: Parameters, seed: int) -> Fitted:
        """Fit on a sample of the rows; where nobody in it left, or all did, tell nobody apart."""
        plain = rows.once(_plain)
        if plain.left.min() == plain.left.max():
            return Everyone(self.name, self.family).fit(rows, parameters, seed)
        classifier = self.make(parameters, seed, len(plain.left))
        with threadpool_limits(1):  # so few rows: threads that wait for each other cost more
            return Opaque(plain.bases, classifier.fit(plain.columns, plain.left))


class _Plain(NamedTuple):
    bases: Bases
    columns: Doubles
    left: Doubles


def _plain(rows: Rows) -> _Plain:
    few = rows.thinned(MOST_ROWS, 0)
    bases = learn_bases(few.matrix, few.encoding, 0)
    return _Plain(bases, bases.columns(few.matrix), few.left)


def extra(name: str) -> MissingExtra:
    """Say how to install a booster that is asked for."""
    return MissingExtra.of("boosters", f"the churn model {name!r}")

"""Every candidate on customers left out, where there is no time: repeated stratified folds."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.churn.fit.judged import Judged, probability
from clientela.churn.fit.labelled import Labelled
from clientela.churn.fit.learners.learner import Learner
from clientela.churn.fit.rows import Rows, rows_of
from clientela.churn.fit.tuning import Tuned, tuned
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles

FOLDS, REPEATS = 5, 2
INNER_SHARE = 0.25

_Positions = npt.NDArray[np.intp]


class Fold(NamedTuple):
    """Positions of who is learnt from and who is judged."""

    train: _Positions
    test: _Positions


def folds(left: Doubles, repeats: int, seed: int) -> Iterator[Fold]:
    """Deal leavers and stayers alike into five folds, as often as asked for."""
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        place = np.empty(len(left), dtype=np.intp)
        for kind in (0.0, 1.0):
            where = rng.permutation(np.flatnonzero(left == kind))
            place[where] = np.arange(len(where)) % FOLDS
        for fold in range(FOLDS):
            yield Fold(np.flatnonzero(place != fold), np.flatnonzero(place == fold))


def judged_in_folds(
    one: Labelled, learners: Sequence[Learner], encoding: Encoding, settings: Churn
) -> Judged:
    """Judge each candidate on every fold, tuned inside the rest of it.

    Returns
    -------
    Judged
        Each customer once for every repeat.
    """
    rows = rows_of([one], encoding, one.customers, settings.seed)
    found = []
    tests = []
    for fold in folds(rows.left, REPEATS, settings.seed):
        found.append(_told(rows, fold, learners, settings))
        tests.append(fold.test)
    where = np.concatenate(tests)
    return Judged(
        {
            learner.name: np.concatenate([part[learner.name] for part in found])
            for learner in learners
        },
        rows.left[where],
        where,
        one.worth[where],
        {learner.name: 1.0 for learner in learners},
        dates=FOLDS * REPEATS,
        times=REPEATS,
    )


def tuned_inside(rows: Rows, learners: Sequence[Learner], settings: Churn) -> Tuned:
    """Choose settings on a quarter of the customers, learnt from the others."""
    if not settings.trials:
        return Tuned({learner.name: learner.defaults for learner in learners})
    rng = np.random.default_rng([settings.seed, len(rows)])
    inner = np.zeros(len(rows), dtype=np.bool_)
    for kind in (0.0, 1.0):
        where = rng.permutation(np.flatnonzero(rows.left == kind))
        inner[where[: max(int(len(where) * INNER_SHARE), 1)]] = True
    return tuned(learners, rows.take(~inner), rows.take(inner), settings.trials, settings.seed)


def _told(
    rows: Rows, fold: Fold, learners: Sequence[Learner], settings: Churn
) -> dict[str, Doubles]:
    train = rows.take(fold.train)
    chosen = tuned_inside(train, learners, settings)
    matrix = rows.matrix[fold.test]
    return {
        learner.name: probability(
            learner.fit(train, chosen[learner.name], settings.seed).logits(matrix)
        )
        for learner in learners
    }

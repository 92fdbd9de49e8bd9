"""How the champion's loss falls with what it learns from."""

from typing import Protocol

import numpy as np

from clientela.churn.fit.calibration import slope
from clientela.churn.fit.comparison import TRIED_ROWS, Contest
from clientela.churn.fit.judged import probability
from clientela.churn.fit.rows import Rows, rows_of
from clientela.churn.fit.season import shift_for
from clientela.churn.fit.tuning import Tuned
from clientela.statistics.calibration import compute_log_losses

SHARES = (0.1, 0.25, 0.5, 1.0)


class _Bench(Protocol):
    @property
    def contest(self) -> Contest: ...

    @property
    def tuned(self) -> Tuned: ...


def learning_curve(bench: _Bench, name: str) -> list[dict[str, object]]:
    """Give log losses on the first date that chooses, learnt from ever more customers before it.

    The level and slope are those of the date itself, so that the curve shows the ranking alone;
    without dates the last fifth of the customers is judged.
    """
    train, test = _parts(bench.contest)
    learner = {one.name: one for one in bench.contest.learners}[name]
    seed = bench.contest.settings.seed
    points: list[dict[str, object]] = []
    for share in SHARES:
        rows = train.thinned(int(len(train) * share), seed)
        if min(rows.left.sum(), len(rows) - rows.left.sum()) < 5:
            continue
        logits = learner.fit(rows, bench.tuned[name], seed).logits(test.matrix)
        bent = logits * slope(logits, test.left)
        chance = probability(bent + shift_for(bent, float(test.left.mean())))
        losses = compute_log_losses(chance, test.left)
        half = 1.96 * float(losses.std()) / max(len(losses), 1) ** 0.5
        mean = float(losses.mean())
        points.append({"x": float(len(rows)), "y": mean, "low": mean - half, "high": mean + half})
    return [{"position": position + 1, **point} for position, point in enumerate(points)]


def _parts(contest: Contest) -> tuple[Rows, Rows]:
    seed = contest.settings.seed
    if contest.timeline.choosing:
        split = contest.timeline.choosing[0]
        past = [contest.past[position] for position in split.train]
        test = rows_of([contest.past[split.test]], contest.encoding, TRIED_ROWS, seed)
        return rows_of(past, contest.encoding, TRIED_ROWS, seed), test
    rows = rows_of([contest.past[0]], contest.encoding, TRIED_ROWS, seed)
    last = np.random.default_rng([seed, 5]).random(len(rows)) < 0.2
    return rows.take(~last), rows.take(last)

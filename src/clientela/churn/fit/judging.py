"""What a churn model is worth on a date that it has not seen."""

import numpy as np
import pyarrow as pa

from clientela.churn.fit.comparison import TRIED_ROWS
from clientela.churn.fit.costs import contacts, threshold
from clientela.churn.fit.curves import curves
from clientela.churn.fit.evidence import metrics
from clientela.churn.fit.judged import MOST, Judged, join_outcomes, measure_holdout, probability
from clientela.churn.fit.labelled import Labelled
from clientela.churn.fit.learning import LearntChurn
from clientela.churn.fit.rows import sampled
from clientela.churn.fit.season import shift_for
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles


def judge(learnt: LearntChurn, test: Labelled, settings: Churn) -> dict[str, pa.Table]:
    """Measure every candidate on a later snapshot, once.

    Each of them is learnt from all of the past and calibrated as the champion is; of the
    champion it is the very model that would serve.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics``, ``model_curves`` and ``churn_contacts`` of that date; empty where
        nothing was learnt or nobody is asked about.
    """
    if learnt.model is None or learnt.bench is None or not test.customers:
        return {}
    asked = sampled(test.in_order(), MOST, settings.seed)
    champion, baseline = learnt.facts["champion"], learnt.facts["baseline"]
    judged = Judged(
        _chances(learnt, asked) | {champion: _served(learnt, asked)},
        *join_outcomes([asked]),
        asked.worth,
    )
    cut = threshold(asked.worth, settings)
    found = measure_holdout(judged, cut, settings)
    names = champion, baseline
    return {
        "model_metrics": metrics(found, judged, names, cut, settings, test.as_of),
        "model_curves": curves(judged, champion),
        "churn_contacts": contacts(judged, champion, settings),
    }


def _served(learnt: LearntChurn, asked: Labelled) -> Doubles:
    if learnt.model is None:
        raise ValueError("there is no model to judge")
    scores = learnt.model.score(asked.table)
    return np.asarray(scores.column("churn_probability").to_numpy())


def _chances(learnt: LearntChurn, asked: Labelled) -> dict[str, Doubles]:
    bench = learnt.bench
    if bench is None:
        return {}
    rows, matrix = bench.rows(TRIED_ROWS), bench.contest.encoding.matrix(asked.table)
    chances = {}
    for learner in bench.contest.learners:
        if learner.name == learnt.facts["champion"]:
            continue
        bent = bench.fitted(learner.name, rows).logits(matrix) * bench.slopes[learner.name]
        shift = shift_for(bent, bench.level.share) if bench.contest.season.rates else 0.0
        chances[learner.name] = probability(bent + shift)
    return chances

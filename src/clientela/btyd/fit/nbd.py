"""Fit of the NBD and its condensed forms, the fallback where dropout is not seen."""

from dataclasses import replace

import numpy as np

from clientela.btyd.fit.fit import Fit, evidence
from clientela.btyd.fit.likelihood import distinct, log_span
from clientela.btyd.fit.maximum_likelihood import climb, maximise
from clientela.btyd.fit.staged import StagedLikelihood
from clientela.btyd.frame import Frame
from clientela.btyd.nbd import Nbd
from clientela.btyd.span import DAYS_IN
from clientela.statistics.arrays import Doubles


def fit(frame: Frame, weights: Doubles | None = None, *, k: int = 1) -> Fit[Nbd]:
    """Fit the model whose customers never drop out.

    Where nobody bought again, its rate is what Jeffreys' prior leaves of the time without any
    purchase, half a purchase in all of it; where customers are all alike, ``r`` and ``alpha`` run
    to their end together and their ratio, the rate of all, still holds.
    """
    rows, counts = distinct(frame, weights)
    total = float(counts.sum())
    likelihood = StagedLikelihood(rows, counts, k, dropout=False)
    if counts @ rows.frequency == 0.0 or counts @ rows.T == 0.0:
        return _silent(likelihood, frame)
    age = log_span(rows, counts)
    found = maximise(likelihood, [(0.0, age), (-1.0, age - 2.0), (2.0, age + 2.0)])
    r, alpha = (float(each) for each in np.exp(found.theta))
    model = Nbd(r, alpha, k, frame.unit)
    made = evidence(model, likelihood.names, found, total, "")
    return replace(made, note_code="alike") if made.note_code == "not_told" else made


def likeliest(rows: Frame, counts: Doubles, k: int = 1) -> float:
    """Give the highest log-likelihood alone, for less work than a fit."""
    likelihood = StagedLikelihood(rows, counts, k, dropout=False)
    if counts @ rows.frequency == 0.0 or counts @ rows.T == 0.0:
        return _silent(likelihood, rows).log_likelihood
    return climb(likelihood, np.array([-0.5, log_span(rows, counts) - 1.0]))[1]


def _silent(likelihood: StagedLikelihood, frame: Frame) -> Fit[Nbd]:
    rows, counts = likelihood.frame, likelihood.counts
    r, alpha = 0.5, max(float(counts @ rows.T), DAYS_IN["weeks"] / DAYS_IN[frame.unit])
    value = likelihood(np.log([r, alpha]))[0]
    return Fit(
        model=Nbd(r, alpha, likelihood.k, frame.unit),
        log_likelihood=value,
        standard_errors={"r": float("inf"), "alpha": float("inf")},
        covariance=np.zeros((0, 0)),
        identified=False,
        note_code="no_repeats",
        starts=0,
        customers=round(float(counts.sum())),
    )

"""Fits of BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k."""

import numpy as np

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.fit import nbd
from clientela.btyd.fit.fit import CLEAR, LEAST_GAIN, Fit, NoteCode, errors_of, evidence
from clientela.btyd.fit.likelihood import distinct, log_span, thinned
from clientela.btyd.fit.maximum_likelihood import maximise
from clientela.btyd.fit.staged import StagedLikelihood
from clientela.btyd.frame import Frame
from clientela.statistics.arrays import Doubles


def fit(
    frame: Frame, weights: Doubles | None = None, *, k: int = 1, modified: bool = False
) -> Fit[BetaGeometric]:
    """Fit a model of the family.

    Parameters
    ----------
    frame : Frame
        Customers, or distinct rows where ``weights`` counts the customers of each.
    weights : array of shape (rows,), optional
        Customers of each row.
    k, modified
        Which model of the family.

    Returns
    -------
    Fit
        Not identified, with the code ``no_dropout``, where the same model without dropout explains
        the data as well: then ``a`` falls to 0 or ``b`` rises without end.
    """
    rows, counts = distinct(frame, weights)
    total, age = max(float(counts.sum()), 1.0), log_span(rows, counts)
    likelihood = StagedLikelihood(rows, counts, k, modified)
    fewer = thinned(rows, counts)
    rough = StagedLikelihood(*fewer, k, modified) if fewer else None
    starts = [(0.0, age, -0.7, 0.7), (-1.0, age - 2.0, -1.5, 1.5), (-0.5, age - 1.0, 0.0, 1.0)]
    found = maximise(likelihood, starts, rough)
    r, alpha, a, b = (float(each) for each in np.exp(found.theta))
    model = BetaGeometric(r, alpha, a, b, k, modified, frame.unit)
    unseen = (errors_of(found) > CLEAR).any() and (
        found.log_likelihood - nbd.likeliest(rows, counts, k) <= LEAST_GAIN
    )
    code: NoteCode = "no_dropout" if counts @ rows.frequency else "no_repeats"
    return evidence(model, likelihood.names, found, total, code if unseen else "")

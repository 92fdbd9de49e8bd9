"""NBD and its condensed forms: customers who never drop out, the fallback where none is seen to."""

from dataclasses import dataclass, replace

import numpy as np

from clientela.btyd.frame import DAYS_IN, Frame, TimeUnit
from clientela.btyd.maximum_likelihood import (
    Fit,
    climb,
    group_rows,
    log_span,
    maximise,
    summarise_maximum,
)
from clientela.btyd.staged import StageLikelihood, StageModel
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class Nbd(StageModel):
    """A fitted model without dropout.

    Parameters
    ----------
    r, alpha : float
        Shape and rate (in ``unit``) of the Gamma distribution of the rate of stages.
    k : int
        Stages from one purchase to the next.
    unit : {"days", "weeks"}
        Unit of time.

    References
    ----------
    Ehrenberg (1959), The Pattern of Consumer Purchases, doi:10.2307/2985810.
    Chatfield & Goodhardt (1973), A Consumer Purchasing Model with Erlang Inter-Purchase Times,
    doi:10.1080/01621459.1973.10481432.

    Examples
    --------
    >>> one = Frame(*(np.array([each]) for each in (4.0, 50.0, 60.0, 0.0)), "days")
    >>> from clientela.btyd.frame import Span
    >>> Nbd(1.0, 40.0).expected_purchases(one, Span.days(20))
    array([1.])
    """

    r: float
    alpha: float
    k: int = 1
    unit: TimeUnit = "days"

    @property
    def name(self) -> str:
        """Name of the model."""
        return "nbd" if self.k == 1 else f"cnbd_{self.k}"

    def _dropout_chance(self, frame: Frame) -> tuple[float, Doubles]:
        return 0.0, np.ones(len(frame))

    def _p_alive(self, frame: Frame) -> Doubles:
        return np.ones(len(frame))

    def _expect(self, frame: Frame, length: float) -> Doubles:
        if self.k > 1:
            return super()._expect(frame, length)
        return (self.r + frame.frequency) / (self.alpha + frame.T) * length


def fit_nbd(frame: Frame, weights: Doubles | None = None, *, k: int = 1) -> Fit[Nbd]:
    """Fit the model whose customers never drop out.

    Where nobody bought again, its rate is what Jeffreys' prior leaves of the time without any
    purchase, half a purchase in all of it; where customers are all alike, ``r`` and ``alpha`` run
    to their end together and their ratio, the rate of all, still holds.
    """
    rows, counts = group_rows(frame, weights)
    total = float(counts.sum())
    likelihood = StageLikelihood(rows, counts, k, dropout=False)
    if counts @ rows.frequency == 0.0 or counts @ rows.T == 0.0:
        return _fit_silent(likelihood, frame)
    age = log_span(rows, counts)
    maximum = maximise(likelihood, [(0.0, age), (-1.0, age - 2.0), (2.0, age + 2.0)])
    r, alpha = (float(value) for value in np.exp(maximum.theta))
    model = Nbd(r, alpha, k, frame.unit)
    fit = summarise_maximum(model, likelihood.names, maximum, total, "")
    return replace(fit, note_code="alike") if fit.note_code == "not_told" else fit


def maximise_nbd(rows: Frame, counts: Doubles, k: int = 1) -> float:
    """Return the highest log-likelihood alone, for less work than a fit."""
    likelihood = StageLikelihood(rows, counts, k, dropout=False)
    if counts @ rows.frequency == 0.0 or counts @ rows.T == 0.0:
        return _fit_silent(likelihood, rows).log_likelihood
    return climb(likelihood, np.array([-0.5, log_span(rows, counts) - 1.0]))[1]


def _fit_silent(likelihood: StageLikelihood, frame: Frame) -> Fit[Nbd]:
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

"""Fit of the Pareto/NBD: customers drop out at any time, at a rate of their own."""

from dataclasses import dataclass

import numpy as np

from clientela.btyd.fit import nbd
from clientela.btyd.fit.fit import CLEAR, LEAST_GAIN, Fit, NoteCode, errors_of, evidence
from clientela.btyd.fit.likelihood import (
    distinct,
    log_rising,
    log_span,
    sum_inverse,
    thinned,
    whole,
)
from clientela.btyd.fit.maximum_likelihood import maximise
from clientela.btyd.frame import Frame
from clientela.btyd.lapse import nodes
from clientela.btyd.pareto_nbd import ParetoNbd
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True, eq=False)
class ParetoNbdLikelihood:
    """The log-likelihood of (x, t_x) given T, with its gradient, over logarithms of parameters.

    The paper's difference of two hypergeometric functions loses all digits on frequent buyers; the
    integral it stands for has a positive integrand and is summed instead.

    Parameters
    ----------
    frame : Frame
        Distinct rows.
    counts : array of shape (rows,)
        Customers of each row.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33(1), doi:10.1287/mnsc.33.1.1.
    Fader & Hardie (2005), A Note on Deriving the Pareto/NBD Model.
    """

    frame: Frame
    counts: Doubles

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""
        return ("r", "alpha", "s", "beta")

    @property
    def customers(self) -> float:
        """Customers behind it."""
        return float(self.counts.sum())

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Give the log-likelihood and its gradient."""
        r, alpha, s, beta = np.exp(theta)
        x, T = whole(self.frame.frequency), self.frame.T
        shape, most = r + x, int(x.max(initial=0))
        log_alpha, log_beta = np.log(alpha + T), np.log(beta + T)
        alive = -shape * log_alpha - s * log_beta
        lapsed = nodes(self.frame, r, alpha, s, beta)
        row = np.logaddexp(alive, np.log(s) + lapsed.log_total)
        dead = np.exp(np.log(s) + lapsed.log_total - row)
        by_r = (1.0 - dead) * log_alpha + dead * lapsed.log_alpha
        by_s = (1.0 - dead) * log_beta + dead * lapsed.log_beta
        by_alpha = (1.0 - dead) / (alpha + T) + dead * lapsed.per_alpha
        by_beta = (1.0 - dead) * s / (beta + T) + dead * (s + 1.0) * lapsed.per_beta
        rows = log_rising(r, most)[x] + r * np.log(alpha) + s * np.log(beta) + row
        grads = [
            r * (sum_inverse(r, most)[x] + np.log(alpha) - by_r),
            r - alpha * shape * by_alpha,
            s * (np.log(beta) - by_s) + dead,
            s - beta * by_beta,
        ]
        return float(self.counts @ rows), np.array([self.counts @ grad for grad in grads])


def fit(frame: Frame, weights: Doubles | None = None) -> Fit[ParetoNbd]:
    """Fit the Pareto/NBD.

    Parameters
    ----------
    frame : Frame
        Customers, or distinct rows where ``weights`` counts the customers of each.
    weights : array of shape (rows,), optional
        Customers of each row.

    Returns
    -------
    Fit
        Not identified, with the code ``no_dropout``, where the NBD explains the data as well.
    """
    rows, counts = distinct(frame, weights)
    total, age = max(float(counts.sum()), 1.0), log_span(rows, counts)
    likelihood = ParetoNbdLikelihood(rows, counts)
    fewer = thinned(rows, counts)
    rough = ParetoNbdLikelihood(*fewer) if fewer else None
    starts = [
        (0.0, age, -0.7, age),
        (-1.0, age - 2.0, 0.0, age + 1.0),
        (-0.5, age - 1.0, -0.5, age - 1.0),
    ]
    found = maximise(likelihood, starts, rough)
    r, alpha, s, beta = (float(each) for each in np.exp(found.theta))
    unseen = (errors_of(found) > CLEAR).any() and (
        found.log_likelihood - nbd.likeliest(rows, counts) <= LEAST_GAIN
    )
    code: NoteCode = "no_dropout" if counts @ rows.frequency else "no_repeats"
    model = ParetoNbd(r, alpha, s, beta, frame.unit)
    return evidence(model, likelihood.names, found, total, code if unseen else "")

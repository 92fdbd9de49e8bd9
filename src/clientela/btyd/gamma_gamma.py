"""Gamma-Gamma: what a customer spends on a purchase day, from those seen."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import digamma, gammaln

from clientela.btyd.frame import Frame
from clientela.btyd.maximum_likelihood import Fit, Maximum, NoteCode, maximise, summarise_maximum
from clientela.statistics.arrays import Doubles

# Repeat buyers that three parameters need at the least.
LEAST = 3


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma model.

    Parameters
    ----------
    p : float
        Shape of a customer's purchases.
    q, gamma : float
        Shape and rate of the Gamma distribution of the customers' rates; ``gamma`` in money.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value,
    http://www.brucehardie.com/notes/025/.

    Examples
    --------
    >>> ones = np.ones(1)
    >>> GammaGamma(6.25, 3.74, 15.44).expected_spend(
    ...     Frame(ones * 2, ones, ones * 9, ones * 22.35, "weeks")
    ... )
    array([24.6637])
    """

    p: float
    q: float
    gamma: float

    def expected_spend(self, frame: Frame) -> Doubles:
        """Return the mean spend on a purchase day expected of each customer.

        It is a weighted mean of the customers' mean and the customer's own, who counts the more
        the more often he bought; money that is not positive counts as not seen.
        """
        days = np.where((frame.frequency > 0.0) & (frame.monetary_value > 0.0), frame.frequency, 0)
        base = np.maximum(self.p * days + self.q - 1.0, 1e-12)
        return self.p * (self.gamma + days * np.maximum(frame.monetary_value, 0.0)) / base

    def parameters(self) -> dict[str, float]:
        """Return the parameters by name."""
        return asdict(self)

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON; ``GammaGamma(**payload)`` reads it."""
        return asdict(self)


class GammaGammaLikelihood:
    """The log-likelihood of mean spend given the purchase days it is the mean of.

    Parameters
    ----------
    x : array of shape (customers,)
        Purchase days after the first, all positive.
    mean : array of shape (customers,)
        Mean spend on them, all positive.

    References
    ----------
    Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, equation (1a).
    """

    def __init__(self, x: Doubles, mean: Doubles) -> None:
        self.x, self.mean = x, mean

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters in their order."""
        return ("p", "q", "gamma")

    @property
    def customers(self) -> float:
        """Customers behind it."""
        return float(len(self.x))

    def __call__(self, theta: Doubles) -> tuple[float, Doubles]:
        """Return the log-likelihood and its gradient over logarithms."""
        p, q, gamma = np.exp(theta)
        px, total = p * self.x, self.x * self.mean
        log_all, share = np.log(gamma + total), px + q
        rows = gammaln(share) - gammaln(px) - gammaln(q) + q * np.log(gamma)
        rows += px * np.log(total) - np.log(self.mean) - share * log_all
        digamma_share = digamma(share)
        by_p = self.x * (digamma_share - digamma(px) + np.log(total) - log_all)
        by_q = digamma_share - digamma(q) + np.log(gamma) - log_all
        by_gamma = q / gamma - share / (gamma + total)
        slopes = [p * by_p.sum(), q * by_q.sum(), gamma * by_gamma.sum()]
        return float(rows.sum()), np.array(slopes)


def fit_gamma_gamma(frame: Frame) -> Fit[GammaGamma]:
    """Fit the model to customers who bought again for money.

    Returns
    -------
    Fit
        With the code ``no_spend`` where fewer than three did, and ``not_told`` where their spend
        differs too little to tell a customer's own; either way everybody is expected to spend the
        mean.
    """
    repeat_buyers = (frame.frequency > 0.0) & (frame.monetary_value > 0.0)
    x, mean = frame.frequency[repeat_buyers], frame.monetary_value[repeat_buyers]
    if len(x) < LEAST:
        return _expect_mean(x, mean, len(x), "no_spend")
    likelihood = GammaGammaLikelihood(x, mean)
    log_mean = float(np.log(mean.mean()))
    starts = [(1.0, 1.2, log_mean - 0.7), (0.0, 1.0, log_mean), (2.0, 1.5, log_mean)]
    maximum = maximise(likelihood, starts)
    p, q, gamma = (float(value) for value in np.exp(maximum.theta))
    fit = summarise_maximum(GammaGamma(p, q, gamma), likelihood.names, maximum, float(len(x)), "")
    return fit if fit.identified and q > 1.0 else _expect_mean(x, mean, len(x), "not_told", maximum)


def _expect_mean(
    x: Doubles, mean: Doubles, customers: int, code: NoteCode, maximum: Maximum | None = None
) -> Fit[GammaGamma]:
    """Return everybody the mean: customers' rates are then all but equal."""
    spend = float((x @ mean) / x.sum()) if len(x) else 0.0
    return Fit(
        model=GammaGamma(1.0, 1e9, spend * 1e9) if spend else GammaGamma(1.0, 1e9, 0.0),
        log_likelihood=maximum.log_likelihood if maximum else 0.0,
        standard_errors=dict.fromkeys(("p", "q", "gamma"), float("inf")),
        covariance=np.zeros((0, 0)),
        identified=False,
        note_code=code,
        starts=maximum.starts if maximum else 0,
        customers=customers,
    )

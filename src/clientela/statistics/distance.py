"""Distances between two distributions: effect sizes of drift, which do not grow with the sample."""

import numpy as np

from clientela.statistics.arrays import Doubles

SMALLEST_SHARE = 1e-4
"""By convention of PSI: an empty bin counts as one customer of ten thousand, not as infinity."""


def compute_psi(reference: Doubles, current: Doubles) -> float:
    """Compute the population stability index of two histograms over the same bins.

    Parameters
    ----------
    reference, current : array of shape (bins,)
        Shares that add up to one.

    References
    ----------
    Siddiqi (2006), Credit risk scorecards, Wiley, p. 137. It is Jeffreys' divergence: Kullback &
    Leibler (1951), On information and sufficiency, doi:10.1214/aoms/1177729694.

    Examples
    --------
    >>> round(compute_psi(np.array([0.5, 0.5]), np.array([0.4, 0.6])), 5)
    0.04055
    """
    before, after = (np.maximum(shares, SMALLEST_SHARE) for shares in (reference, current))
    return float(np.sum((after - before) * np.log(after / before)))


def compute_jensen_shannon(reference: Doubles, current: Doubles) -> float:
    """Compute the Jensen-Shannon distance of two histograms: 0 equal, 1 without a common bin.

    References
    ----------
    Endres & Schindelin (2003), A new metric for probability distributions, IEEE Transactions on
    Information Theory 49(7), doi:10.1109/TIT.2003.813506.

    Examples
    --------
    >>> compute_jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    1.0
    """
    middle = (reference + current) / 2.0
    divergence = 0.0
    for shares in (reference, current):
        present = shares > 0.0
        logs = np.log2(shares[present] / middle[present])
        divergence += 0.5 * float(np.sum(shares[present] * logs))
    return float(np.sqrt(max(divergence, 0.0)))


def compute_wasserstein(reference: Doubles, current: Doubles) -> float:
    """Compute the Wasserstein distance of two quantile functions, in spreads of the reference.

    Parameters
    ----------
    reference, current : array of shape (levels,)
        Quantiles at the same equidistant levels. The spread is the mean distance from the median;
        a reference without any gives 0 where nothing moved, and infinity else.

    References
    ----------
    Vallender (1974), Calculation of the Wasserstein distance between probability distributions on
    the line, Theory of Probability and its Applications 18(4), doi:10.1137/1118101.

    Examples
    --------
    >>> levels = np.linspace(0.0, 1.0, 11)
    >>> round(compute_wasserstein(levels, levels + 0.5), 3)
    1.833
    """
    moved = float(np.mean(np.abs(current - reference)))
    if moved == 0.0:
        return 0.0
    spread = float(np.mean(np.abs(reference - np.median(reference))))
    return moved / spread if spread > 0.0 else float("inf")

"""Expected calibration error: how far shares of leavers lie from the probabilities foretold."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap_weights import interval

BINS = 10
DRAWS = 200


class Perfect(NamedTuple):
    """The error that a perfectly calibrated model of these probabilities would show by chance."""

    value: float
    low: float
    high: float


def bins(chance: Doubles) -> npt.NDArray[np.intp]:
    """Give each row's bin among ten of equal mass; equal probabilities stay together.

    Examples
    --------
    >>> np.bincount(bins(np.linspace(0.0, 1.0, 50)))
    array([5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    """
    edges = np.quantile(chance, np.arange(1, BINS) / BINS, method="inverted_cdf")
    found: npt.NDArray[np.intp] = np.searchsorted(edges, chance, side="left")
    return found


def gaps(chance: Doubles, left: Doubles) -> Doubles:
    """Give each row's distance from its probability in the column of its bin, (rows, bins)."""
    apart: Doubles = (bins(chance)[:, None] == np.arange(BINS)) * (left - chance)[:, None]
    return apart


def ece(summed: Doubles, rows: Doubles) -> Doubles:
    """Give the error of every resample: the bins' mean absolute distance, weighted by mass.

    Parameters
    ----------
    summed : array of shape (resamples, bins)
        Weighted sums of :func:`gaps`.
    rows : array of shape (resamples,)
        Weights in all.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
    binning, AAAI, doi:10.1609/aaai.v29i1.9602.
    """
    error: Doubles = np.abs(summed).sum(axis=1) / rows
    return error


def perfect(chance: Doubles, customers: npt.NDArray[np.intp], seed: int) -> Perfect:
    """Let leavers be drawn from the probabilities themselves, and measure the error that shows.

    A customer of several rows has one fate in each draw.
    """
    people = int(customers.max(initial=-1)) + 1
    rng = np.random.default_rng([seed, people])
    member = (bins(chance)[:, None] == np.arange(BINS)).astype(np.float64)
    apart = np.empty(DRAWS)
    for draw in range(DRAWS):
        left = rng.random(people)[customers] < chance
        apart[draw] = np.abs((left - chance) @ member).sum() / max(len(chance), 1)
    return Perfect(float(apart.mean()), *interval(apart))

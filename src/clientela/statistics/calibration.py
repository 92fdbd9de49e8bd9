"""Proper scores of probabilities, and their expected calibration error."""

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval

# Bins of equal mass, by convention of the calibration literature.
BINS = 10
# Draws of outcomes from the probabilities, by convention.
DRAWS = 200


def compute_log_losses(chance: Doubles, left: Doubles) -> Doubles:
    """Return each row's loss in nats, probabilities at least 1e-12 off 0 and 1.

    References
    ----------
    Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14(1),
    doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> compute_log_losses(np.array([0.5, 0.9]), np.array([1.0, 1.0]))
    array([0.693, 0.105])
    """
    inside = np.clip(chance, 1e-12, 1.0 - 1e-12)
    losses: Doubles = -np.where(left > 0.0, np.log(inside), np.log1p(-inside))
    return losses


def compute_squared_errors(chance: Doubles, left: Doubles) -> Doubles:
    """Return each row's squared distance from what happened: the Brier score's terms.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather
    Review 78(1), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    errors: Doubles = (chance - left) ** 2
    return errors


def assign_bins(chance: Doubles) -> npt.NDArray[np.intp]:
    """Return each row's bin among ten of equal mass; equal probabilities stay together.

    Examples
    --------
    >>> np.bincount(assign_bins(np.linspace(0.0, 1.0, 50)))
    array([5, 5, 5, 5, 5, 5, 5, 5, 5, 5])
    """
    edges = np.quantile(chance, np.arange(1, BINS) / BINS, method="inverted_cdf")
    bins: npt.NDArray[np.intp] = np.searchsorted(edges, chance, side="left")
    return bins


def compute_gaps(chance: Doubles, left: Doubles) -> Doubles:
    """Return each row's distance from its probability in the column of its bin, (rows, bins)."""
    member = assign_bins(chance)[:, None] == np.arange(BINS)
    gaps: Doubles = member * (left - chance)[:, None]
    return gaps


def ece(gap_sums: Doubles, rows: Doubles) -> Doubles:
    """Return the expected calibration error of every resample.

    It is the bins' mean absolute distance of the share that left from the mean probability,
    weighted by mass.

    Parameters
    ----------
    gap_sums : array of shape (resamples, bins)
        Weighted sums of :func:`compute_gaps`.
    rows : array of shape (resamples,)
        Weights in all.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
    binning, AAAI, doi:10.1609/aaai.v29i1.9602.
    """
    error: Doubles = np.abs(gap_sums).sum(axis=1) / rows
    return error


def simulate_perfect_ece(
    chance: Doubles, customers: npt.NDArray[np.intp], seed: int
) -> tuple[float, float, float]:
    """Return the error that a perfectly calibrated model would show by chance.

    Outcomes are drawn from the probabilities themselves; a customer of several rows has one fate in
    each draw.

    Returns
    -------
    tuple of float
        The mean error, and the ends of its interval.
    """
    people = int(customers.max(initial=-1)) + 1
    rng = np.random.default_rng([seed, people])
    member = (assign_bins(chance)[:, None] == np.arange(BINS)).astype(np.float64)
    errors = np.empty(DRAWS)
    for draw in range(DRAWS):
        left = rng.random(people)[customers] < chance
        errors[draw] = np.abs((left - chance) @ member).sum() / max(len(chance), 1)
    return float(errors.mean()), *interval(errors)

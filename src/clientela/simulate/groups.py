"""Latent groups: the distributions from which the customers of a group are drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ExponentialDropout:
    """A customer leaves at an exponential time whose rate is Gamma(s, beta) (Pareto/NBD).

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Management Science 33(1), doi:10.1287/mnsc.33.1.1.
    """

    s: float
    beta_days: float

    def draw(self, customers: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw days until dropout, and no limit of repeat purchases."""
        rate_per_day = rng.gamma(self.s, 1.0 / self.beta_days, customers)
        return rng.exponential(1.0, customers) / rate_per_day, np.full(customers, np.inf)


@dataclass(frozen=True)
class BetaGeometricDropout:
    """A customer leaves after a repeat purchase with a probability that is Beta(a, b) (BG/NBD).

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24(2), doi:10.1287/mksc.1040.0098.
    """

    a: float
    b: float

    def draw(self, customers: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw no limit of days, and the repeat purchase after which the customer leaves."""
        probability = np.maximum(rng.beta(self.a, self.b, customers), 1e-9)
        # The geometric distribution by inversion: numpy's own overflows for tiny probabilities.
        repeats = np.ceil(
            np.log1p(-rng.random(customers)) / np.log1p(-np.minimum(probability, 0.999999))
        )
        return np.full(customers, np.inf), np.maximum(repeats, 1.0)


@dataclass(frozen=True)
class Group:
    """One latent group of customers.

    Parameters
    ----------
    name : str
        As it stands in the truth.
    share : float
        Its share of customers, relative to the other groups' shares.
    r, alpha_days : float
        Purchases are Poisson with a rate of Gamma(r, alpha) per day; the mean is r / alpha.
    dropout : ExponentialDropout or BetaGeometricDropout
        When a customer leaves.
    p, q, gamma : float
        An order's value is Gamma(p, nu) with nu of Gamma(q, gamma) (Gamma-Gamma); the mean over
        customers is p gamma / (q - 1), in units of money.
    lines_per_order : float
        Mean number of products of an order.
    season_power : float
        0: no season; 1: the shop's; above: a customer of the Christmas weeks.
    return_factor : float
        How much more often than usual this group gives back.
    """

    name: str
    share: float
    r: float
    alpha_days: float
    dropout: ExponentialDropout | BetaGeometricDropout
    p: float
    q: float
    gamma: float
    lines_per_order: float
    season_power: float = 1.0
    return_factor: float = 1.0


RETAIL_GROUPS: tuple[Group, ...] = (
    Group(
        "wholesale", 0.08, 8.0, 96.0, ExponentialDropout(2.0, 3000.0), 6.0, 10.0, 2250.0,
        lines_per_order=12.0, season_power=0.6,
    ),
    Group(
        "regular", 0.22, 8.0, 160.0, ExponentialDropout(2.0, 2000.0), 6.0, 10.0, 360.0,
        lines_per_order=7.0, season_power=0.8,
    ),
    Group(
        "occasional", 0.35, 5.0, 400.0, BetaGeometricDropout(1.0, 6.0), 5.0, 10.0, 234.0,
        lines_per_order=6.0,
    ),
    Group(
        "gift", 0.20, 5.0, 600.0, ExponentialDropout(2.0, 1500.0), 5.0, 10.0, 99.0,
        lines_per_order=4.0, season_power=3.0, return_factor=1.5,
    ),
    Group(
        "one_off", 0.15, 3.0, 900.0, ExponentialDropout(2.0, 30.0), 4.0, 10.0, 49.5,
        lines_per_order=2.0, return_factor=2.0,
    ),
)  # fmt: skip
"""Five groups of a gift wholesaler, apart enough in rate, spend and life to be found again."""

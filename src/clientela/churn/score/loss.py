"""What is lost with a customer who leaves: the money that goes with the probability."""

import numpy as np

from clientela.statistics.arrays import Doubles


def convert_horizon(
    probability: Doubles, days: int, money_days: int | None, *, silent: bool
) -> Doubles:
    """Return the probability of leaving within the horizon of the money.

    Silence of so many days, by a customer's constant rate of purchases: no purchase in h days has
    the probability of none in H days to the power of h / H. A contract, by a constant hazard of
    leaving: it is the probability of staying that takes that power.

    Parameters
    ----------
    days : int
        Horizon of the probability; 0 where there is no time, and nothing is converted.
    money_days : int or None
        Horizon of the money; None where it is that of the probability.
    silent : bool
        Whether leaving is silence, which a shorter horizon makes likelier.

    Examples
    --------
    >>> convert_horizon(np.array([0.64]), 120, 60, silent=True).round(2)
    array([0.8])
    >>> convert_horizon(np.array([0.36]), 120, 60, silent=False).round(2)
    array([0.2])
    """
    if not days or not money_days or days == money_days:
        return probability
    power = money_days / days
    converted: Doubles = probability**power if silent else 1.0 - (1.0 - probability) ** power
    return converted


def split_loss(probability: Doubles, expected_revenue: Doubles) -> tuple[Doubles, Doubles]:
    """Split the expected revenue into what an active customer brings and what leaving costs.

    A customer who leaves brings nothing, so the expected revenue is that of an active customer
    times the probability of staying, and the loss is P(leave) times it. Who left already has none.

    Returns
    -------
    array, array
        Revenue expected of a customer who does not leave, and what leaving is expected to cost:
        the former less the expected revenue. Money of one horizon; NaN where a part is unknown.

    Examples
    --------
    >>> split_loss(np.array([0.2]), np.array([80.0]))
    (array([100.]), array([20.]))
    """
    revenue = np.maximum(expected_revenue, 0.0)
    unknown = np.full(len(revenue), np.nan)
    stays = 1.0 - probability
    if_active = np.divide(revenue, stays, out=unknown, where=stays > 0.0)
    return if_active, if_active - revenue

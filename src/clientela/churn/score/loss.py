"""What is lost with a customer who leaves: the money that goes with the probability."""

import numpy as np

from clientela.statistics.arrays import Doubles


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

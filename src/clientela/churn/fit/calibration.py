"""How far a model's differences go: the slope of its log-odds on a date of its own."""

import numpy as np

from clientela.churn.fit.ridge import ridge
from clientela.statistics.arrays import Doubles

PULL = 4.0  # how many nats an untold slope costs against 1, per unit squared


def slope(logits: Doubles, left: Doubles) -> float:
    """Give the slope that the outcomes ask for, drawn towards 1 where they are few.

    The intercept is left free: the level is the season's matter. A model that ranks the wrong way
    round gets a slope of 0, not a negative one.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; Cox (1958), Two further
    applications of a model for binary regression, Biometrika 45, doi:10.1093/biomet/45.3-4.562.
    """
    centred = logits - logits.mean()
    if left.min() == left.max() or not np.ptp(centred):
        return 1.0
    ones = np.ones((len(left), 1))
    line = ridge(np.column_stack([centred]), left, ones, 1e-6)
    found = float(line.coefficients[0])
    chance = 1.0 / (1.0 + np.exp(-found * centred))
    told = float(np.sum(chance * (1.0 - chance) * centred**2))
    return max((found * told + PULL) / (told + PULL), 0.0)

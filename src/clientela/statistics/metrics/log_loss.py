"""Log loss: what a probability costs where it was confident and wrong."""

import numpy as np

from clientela.statistics.arrays import Doubles


def log_losses(chance: Doubles, left: Doubles) -> Doubles:
    """Give each row's loss in nats, probabilities held a millionth of a millionth off 0 and 1.

    References
    ----------
    Good (1952), Rational decisions, Journal of the Royal Statistical Society B 14(1),
    doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> log_losses(np.array([0.5, 0.9]), np.array([1.0, 1.0]))
    array([0.693, 0.105])
    """
    held = np.clip(chance, 1e-12, 1.0 - 1e-12)
    losses: Doubles = -np.where(left > 0.0, np.log(held), np.log1p(-held))
    return losses

"""Brier score: the mean squared distance of a probability from what happened."""

from clientela.statistics.arrays import Doubles


def squares(chance: Doubles, left: Doubles) -> Doubles:
    """Give each row's squared distance.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather
    Review 78(1), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    apart: Doubles = (chance - left) ** 2
    return apart

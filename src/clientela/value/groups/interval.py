"""An interval made of past errors, which claims no more than their number can show.

The score of a past forecast is how far it was out as a factor, ``|log(outcome / forecast)|``. If
past errors and the next one are exchangeable, the next score is not above the k-th smallest of n
with probability of at least k / (n + 1); so n past dates can claim n / (n + 1) at most.

References
----------
Vovk, Gammerman, Shafer (2005), Algorithmic learning in a random world, doi:10.1007/b106715.
Lei et al. (2018), Distribution-free predictive inference for regression,
doi:10.1080/01621459.2017.1307116.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

TARGET_LEVEL = 0.9
LEAST_DATES = 4
ROUNDING = 1e-12


class Band(NamedTuple):
    """Factors of a forecast between which its outcome lies, and how often."""

    low: float
    high: float
    level: float


def band(ratios: Sequence[float]) -> Band:
    """Make the interval of a forecast from outcome over forecast on past dates.

    Parameters
    ----------
    ratios : sequence of float
        At least one; all above 0.

    Examples
    --------
    >>> band([0.8, 1.0, 1.25, 1.1])
    Band(low=0.8, high=1.25, level=0.8)
    """
    scores = sorted(abs(math.log(ratio)) for ratio in ratios)
    rank = min(math.ceil((len(scores) + 1) * TARGET_LEVEL), len(scores))
    widest = math.exp(scores[rank - 1])
    return Band(1 / widest, widest, rank / (len(scores) + 1))


def hits(ratios: Sequence[float]) -> int:
    """Count the past outcomes inside the interval that all other dates make.

    Examples
    --------
    >>> hits([0.8, 1.0, 1.25, 2.0])
    3
    """
    found = 0
    for position, ratio in enumerate(ratios):
        others = [*ratios[:position], *ratios[position + 1 :]]
        found += bool(others) and abs(math.log(ratio)) <= math.log(band(others).high) + ROUNDING
    return found

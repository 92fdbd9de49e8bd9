"""How well forecasts order who buys again, compared on the same customers."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles


class Ordering(NamedTuple):
    """Areas under the ROC curve of several forecasts, and their covariance."""

    areas: Doubles
    covariance: Doubles

    def difference(self, one: int, other: int) -> tuple[float, float]:
        """Give how much larger one area is than another, and the standard error of that."""
        c = self.covariance
        variance = c[one, one] + c[other, other] - 2.0 * c[one, other]
        return float(self.areas[one] - self.areas[other]), float(np.sqrt(max(variance, 0.0)))


def order(scores: Doubles, bought: npt.NDArray[np.bool_]) -> Ordering:
    """Compare forecasts by the area under their ROC curves.

    Parameters
    ----------
    scores : array of shape (forecasts, customers)
        Higher for those foretold to buy.
    bought : array of bool, shape (customers,)
        Who did; some did and some did not.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), doi:10.2307/2531595.
    Sun & Xu (2014), IEEE Signal Processing Letters 21(11), doi:10.1109/LSP.2014.2337313.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]])
    >>> order(scores, np.array([False, True, False, True])).areas
    array([0.75, 0.25])
    """
    yes, no = scores[:, bought], scores[:, ~bought]
    among_no = np.stack([_placed(a, b) for a, b in zip(yes, no, strict=True)])
    among_yes = np.stack([1.0 - _placed(b, a) for a, b in zip(yes, no, strict=True)])
    return Ordering(among_no.mean(axis=1), _spread(among_no) + _spread(among_yes))


def _placed(values: Doubles, others: Doubles) -> Doubles:
    """Give the share of the others below each value, ties by half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return below / (2.0 * len(others))


def _spread(placed: Doubles) -> Doubles:
    count = placed.shape[1]
    return np.atleast_2d(np.cov(placed)) / count if count > 1 else np.zeros((len(placed),) * 2)

"""A curve through stored points, straight between them."""

from dataclasses import dataclass

import numpy as np

from clientela.statistics.arrays import Doubles


@dataclass(frozen=True, eq=False)
class Curve:
    """Heights over knots: flat before the first, in proportion to the argument after the last.

    Parameters
    ----------
    knots : array of shape (points,)
        Increasing.
    heights : array of shape (points,)
        One each.

    Examples
    --------
    >>> Curve(np.array([0.0, 1.0]), np.array([1.0, 3.0])).at(np.array([-1.0, 0.5, 2.0]))
    array([1., 2., 6.])
    """

    knots: Doubles
    heights: Doubles

    def at(self, values: Doubles) -> Doubles:
        """Return the height at every value."""
        heights = np.interp(values, self.knots, self.heights)
        last = float(self.knots[-1])
        if last <= 0.0:
            return np.asarray(heights)
        beyond = self.heights[-1] * (values / last)
        return np.where(values > last, beyond, heights)

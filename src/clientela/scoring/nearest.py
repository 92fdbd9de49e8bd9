"""The two nearest centres of every point, one feature after another.

Sums run over features in a fixed order and never through a matrix product, whose blocking depends
on how many rows there are: a row gets the same bits alone as among a million.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.scoring.columns import Doubles


class Nearest(NamedTuple):
    """Position of the nearest centre, and squared distances to it and to the second nearest."""

    position: npt.NDArray[np.int64]
    first: Doubles
    second: Doubles


def nearest(coordinates: Sequence[Doubles], centres: Doubles, rows: int) -> Nearest:
    """Find the two nearest centres by Euclidean distance; of equals the first wins.

    Parameters
    ----------
    coordinates : sequence of arrays
        One array of length ``rows`` a feature.
    centres : array of shape (k, features)
        At least one centre.
    rows : int
        Number of points, for the case of no feature at all.

    Examples
    --------
    >>> found = nearest([np.array([0.0, 2.0])], np.array([[0.0], [3.0]]), rows=2)
    >>> found.position, found.first, found.second
    (array([0, 1]), array([0., 1.]), array([9., 4.]))
    """
    position = np.zeros(rows, dtype=np.int64)
    first, second = np.full(rows, np.inf), np.full(rows, np.inf)
    for number, centre in enumerate(centres):
        squared = _squared(coordinates, centre, rows)
        closer = squared < first
        second = np.where(closer, first, np.minimum(second, squared))
        first = np.where(closer, squared, first)
        position[closer] = number
    return Nearest(position, first, second)


def _squared(coordinates: Sequence[Doubles], centre: Doubles, rows: int) -> Doubles:
    total = np.zeros(rows)
    for values, middle in zip(coordinates, centre, strict=True):
        total += (values - middle) ** 2
    return total

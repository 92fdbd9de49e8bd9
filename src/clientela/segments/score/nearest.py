"""The nearest segment of every point and the next nearest, one feature after another.

Sums run over features in a fixed order and never through a matrix product, whose blocking depends
on how many rows there are: a row gets the same bits alone as among a million.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles


class Nearest(NamedTuple):
    """Position of the nearest segment, and squared distances to it and to the next nearest."""

    position: npt.NDArray[np.int64]
    first: Doubles
    second: Doubles


def find_nearest(
    coordinates: Sequence[Doubles],
    centres: Doubles,
    rows: int,
    owners: Sequence[int] | None = None,
) -> Nearest:
    """Find the two nearest segments by Euclidean distance; of equals the first wins.

    A segment is as near as the nearest of its centres.

    Parameters
    ----------
    coordinates : sequence of arrays
        One array of length ``rows`` a feature.
    centres : array of shape (centres, features)
        At least one.
    rows : int
        Number of points, for the case of no feature at all.
    owners : sequence of int, optional
        The segment, from 0, of each centre; without it each centre is a segment of its own.

    Examples
    --------
    >>> points, centres = [np.array([0.0, 2.0])], np.array([[0.0], [3.0]])
    >>> found = find_nearest(points, centres, rows=2)
    >>> found.position, found.first, found.second
    (array([0, 1]), array([0., 1.]), array([9., 4.]))
    >>> find_nearest(points, np.array([[0.0], [3.0], [5.0]]), 2, owners=[1, 1, 0]).position
    array([1, 1])
    """
    owned = list(range(len(centres))) if owners is None else list(owners)
    position = np.zeros(rows, dtype=np.int64)
    first, second = np.full(rows, np.inf), np.full(rows, np.inf)
    for number in sorted(set(owned)):
        own = [centre for centre, owner in zip(centres, owned, strict=True) if owner == number]
        squared = _nearest_squared(coordinates, own, rows)
        closer = squared < first
        second = np.where(closer, first, np.minimum(second, squared))
        first = np.where(closer, squared, first)
        position[closer] = number
    return Nearest(position, first, second)


def _nearest_squared(
    coordinates: Sequence[Doubles], centres: Sequence[Doubles], rows: int
) -> Doubles:
    squared = _squared(coordinates, centres[0], rows)
    for centre in centres[1:]:
        squared = np.minimum(squared, _squared(coordinates, centre, rows))
    return squared


def _squared(coordinates: Sequence[Doubles], centre: Doubles, rows: int) -> Doubles:
    total = np.zeros(rows)
    for values, middle in zip(coordinates, centre, strict=True):
        total += (values - middle) ** 2
    return total

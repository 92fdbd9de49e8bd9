"""The nearest segment of every point and the next nearest, feature by feature.

Sums run over features in a fixed order and never through a matrix product, whose blocking depends
on how many rows there are: a row gets the same bits alone as among a million.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

Positions = npt.NDArray[np.int64]


def find_nearest(
    coordinates: Sequence[Doubles],
    centres: Doubles,
    rows: int,
    owners: Sequence[int] | None = None,
) -> tuple[Positions, Doubles, Doubles]:
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

    Returns
    -------
    position, first, second
        Position of the nearest segment, and squared distances to it and to the next nearest.

    Examples
    --------
    >>> points, centres = [np.array([0.0, 2.0])], np.array([[0.0], [3.0]])
    >>> find_nearest(points, centres, rows=2)
    (array([0, 1]), array([0., 1.]), array([9., 4.]))
    >>> find_nearest(points, np.array([[0.0], [3.0], [5.0]]), 2, owners=[1, 1, 0])[0]
    array([1, 1])
    """
    segments = list(range(len(centres))) if owners is None else list(owners)
    position = np.zeros(rows, dtype=np.int64)
    first, second = np.full(rows, np.inf), np.full(rows, np.inf)
    for number in sorted(set(segments)):
        squared = np.full(rows, np.inf)
        for centre, owner in zip(centres, segments, strict=True):
            if owner == number:
                squared = np.minimum(squared, _square_distances(coordinates, centre, rows))
        closer = squared < first
        second = np.where(closer, first, np.minimum(second, squared))
        first = np.where(closer, squared, first)
        position[closer] = number
    return position, first, second


def _square_distances(coordinates: Sequence[Doubles], centre: Doubles, rows: int) -> Doubles:
    total = np.zeros(rows)
    for values, middle in zip(coordinates, centre, strict=True):
        total += (values - middle) ** 2
    return total

"""What the same recipes find where there is nothing to find."""

from collections.abc import Sequence

import numpy as np

from clientela.segments.fit.candidate_spec import Recipe
from clientela.segments.fit.clustering import groups
from clientela.segments.fit.silhouette import silhouettes
from clientela.statistics.arrays import Doubles

ROWS = 1_500
"""Points drawn without structure."""

STARTS = 2


def permuted(points: Doubles, seed: int, rows: int = ROWS) -> Doubles:
    """Draw points whose columns are those of ``points`` permuted along their principal axes.

    Each column is shuffled by itself after the points are turned to their principal axes, and
    turned back: spread and correlation stay, groups do not. Shuffled as they stand, columns would
    lose their correlation too, and a drawn-out cloud without any group would pass for structure.

    References
    ----------
    Tibshirani, Walther, Hastie (2001), Estimating the number of clusters in a data set via the gap
    statistic, Journal of the Royal Statistical Society B 63. doi:10.1111/1467-9868.00293
    """
    rng = np.random.default_rng([seed, len(points)])
    middle = points.mean(axis=0)
    _, turned = np.linalg.eigh(np.atleast_2d(np.cov(points.T)))
    straight = (points - middle) @ turned
    shuffled = [rng.permutation(column)[:rows] for column in straight.T]
    return np.asarray(np.column_stack(shuffled) @ turned.T + middle)


def without_structure(points: Doubles, recipes: Sequence[Recipe], seed: int) -> list[float | None]:
    """Give the silhouette that each recipe reaches on such points; None where it finds no groups.

    Parameters
    ----------
    points : array of shape (points, axes)
        Where groups are sought.
    recipes : sequence of Recipe
        All of the same space.
    seed : int
        Of the shuffling and of the algorithms.
    """
    nothing = permuted(points, seed)
    found = [groups(nothing, recipe, seed, STARTS)[0] for recipe in recipes]
    several = [number for number, labels in enumerate(found) if labels.max() > 0]
    means: list[float | None] = [None] * len(recipes)
    measured = silhouettes(nothing, [found[number] for number in several])
    for number, each in zip(several, measured, strict=True):
        means[number] = round(float(np.nanmean(each)), 6)
    return means

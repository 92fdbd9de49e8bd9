"""Every feature by the share of customers below: what is large does not matter, only who leads."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.features.feature import Feature
from clientela.segments.fit.spaces.axis import each, median
from clientela.segments.fit.spaces.space import Space
from clientela.segments.score.transform import Transform
from clientela.statistics.arrays import Doubles

KNOTS = 200
"""Most values between which the distribution is drawn straight."""


def ranks(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space of ranks from 0 to 1; equal values share the middle of their ranks.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return each(snapshot, names, _fit)


def _fit(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    knots, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(knots) < 2:
        return None
    heights = (np.cumsum(counts) - counts / 2) / counts.sum()
    kept = _spread(heights)
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve="rank",
        unit=1.0,
        fill=median(values),
        mean=0.0,
        scale=1.0,
        limit=1.0,
        knots=tuple(knots[kept].tolist()),
        heights=tuple(heights[kept].round(9).tolist()),
    )


def _spread(heights: Doubles) -> slice | list[int]:
    """Take knots evenly by rank, both ends among them, where there are too many."""
    if len(heights) <= KNOTS:
        return slice(None)
    wanted = np.linspace(heights[0], heights[-1], KNOTS)
    return sorted(set(np.searchsorted(heights, wanted).tolist()))

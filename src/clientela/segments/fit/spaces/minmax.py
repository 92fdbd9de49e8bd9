"""Every feature drawn straight from its smallest value to its largest."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.features.feature import Feature
from clientela.segments.fit.spaces.axis import FLAT, each, median
from clientela.segments.fit.spaces.space import Space
from clientela.segments.score.transform import Transform
from clientela.statistics.arrays import Doubles

REFERENCE_FEATURES = (
    "revenue",
    "days_since_last",
    "products",
    "units_per_order",
    "returned_units",
)
"""The five features of a customer in the notebook that Clientela replaces."""


def minmax(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space from 0 to 1; one enormous buyer presses all others together in it.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return each(snapshot, names, _fit)


def _fit(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    if most - least <= FLAT * max(1.0, abs(least)):
        return None
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve="linear",
        unit=1.0,
        fill=median(values),
        mean=least,
        scale=most - least,
        limit=1.0,
    )

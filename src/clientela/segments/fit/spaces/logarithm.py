"""The common space: standardised logarithms, in which every division is measured."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.features.feature import Feature
from clientela.segments.fit.spaces.axis import FLAT, curve_of, each, median
from clientela.segments.fit.spaces.space import Space
from clientela.segments.score.transform import Transform, bend
from clientela.statistics.arrays import Doubles

DEFAULT_FEATURES = ("revenue", "days_since_last", "orders", "tenure_days")
"""Value, recency, frequency and age of the relation.

On both years of Online Retail, and on the Kaggle and CDNOW data, these four gave the divisions that
agree best with themselves under resampling. Each further feature of value (order value, variety)
follows revenue and orders closely, adds weight to what they say already, and cost stability.
"""

LIMIT = 3.0
"""Furthest coordinate, in standard deviations."""

UNITS_IN_A_MEDIAN = 10.0
"""The unit of money is a tenth of the median: below it the logarithm is nearly linear."""


def log_standardised(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space of standardised logarithms; shares and ratios are standardised as they are.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return each(snapshot, names, _fit)


def _fit(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    fill, unit = median(values), _unit(values[~np.isnan(values)], of)
    bent = bend(np.where(np.isnan(values), fill, values), curve_of(of), unit)
    mean, scale = float(bent.mean()), float(bent.std())
    if scale <= FLAT * max(1.0, abs(mean)):
        return None
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve=curve_of(of),
        unit=unit,
        fill=fill,
        mean=mean,
        scale=scale,
        limit=LIMIT,
    )


def _unit(known: Doubles, of: Feature) -> float:
    spent = np.abs(known[known != 0])
    if of.unit != "amount" or not spent.size:
        return 1.0
    return float(np.median(spent)) / UNITS_IN_A_MEDIAN

"""The common space: standardised logarithms, in which every division is measured."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.contract.features import Feature
from clientela.segments.fit.spaces.space import (
    FLAT,
    Space,
    choose_curve,
    compute_median,
    fit_each_axis,
)
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


def fit_log_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space of standardised logarithms; shares and ratios are standardised as they are.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return fit_each_axis(snapshot, names, _fit_log_axis)


def _fit_log_axis(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    fill, unit = compute_median(values), _choose_unit(values[~np.isnan(values)], of)
    bent = bend(np.where(np.isnan(values), fill, values), choose_curve(of), unit)
    mean, scale = float(bent.mean()), float(bent.std())
    if scale <= FLAT * max(1.0, abs(mean)):
        return None
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve=choose_curve(of),
        unit=unit,
        fill=fill,
        mean=mean,
        scale=scale,
        limit=LIMIT,
    )


def _choose_unit(known: Doubles, of: Feature) -> float:
    spent = np.abs(known[known != 0])
    if of.unit != "amount" or not spent.size:
        return 1.0
    return float(np.median(spent)) / UNITS_IN_A_MEDIAN


REFERENCE_FEATURES = (
    "revenue",
    "days_since_last",
    "products",
    "units_per_order",
    "returned_units",
)
"""The five features of a customer in the notebook that Clientela replaces."""


def fit_minmax_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space from 0 to 1; one enormous buyer presses all others together in it.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return fit_each_axis(snapshot, names, _fit_minmax_axis)


def _fit_minmax_axis(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    if most - least <= FLAT * max(1.0, abs(least)):
        return None
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve="linear",
        unit=1.0,
        fill=compute_median(values),
        mean=least,
        scale=most - least,
        limit=1.0,
    )


KNOTS = 200
"""Most values between which the distribution is drawn straight."""


def fit_rank_space(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space of ranks from 0 to 1; equal values share the middle of their ranks.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    return fit_each_axis(snapshot, names, _fit_rank_axis)


def _fit_rank_axis(of: Feature, dtype: str, values: Doubles) -> Transform | None:
    knots, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(knots) < 2:
        return None
    heights = (np.cumsum(counts) - counts / 2) / counts.sum()
    kept = _thin_knots(heights)
    return Transform(
        feature=of.name,
        dtype=dtype,
        curve="rank",
        unit=1.0,
        fill=compute_median(values),
        mean=0.0,
        scale=1.0,
        limit=1.0,
        knots=tuple(knots[kept].tolist()),
        heights=tuple(heights[kept].round(9).tolist()),
    )


def _thin_knots(heights: Doubles) -> slice | list[int]:
    """Take knots evenly by rank, both ends among them, where there are too many."""
    if len(heights) <= KNOTS:
        return slice(None)
    wanted = np.linspace(heights[0], heights[-1], KNOTS)
    return sorted(set(np.searchsorted(heights, wanted).tolist()))

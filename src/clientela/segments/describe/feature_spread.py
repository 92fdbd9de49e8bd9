"""How a feature spreads over the customers, and why it would or would not tell them apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

FAR = 2.5
"""Interquartile ranges from the quartiles beyond which a customer is an outlier."""

MOST_MISSING = 0.20
SAME_VALUE = 0.50
SAME_RANKS = 0.80
TOLD = 0.70
LASTING = 0.50
EXTREMES = 0.50
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A feature over the customers that have a value; every figure in its own unit.

    Parameters
    ----------
    skewness : float or None
        Third standardised moment: 0 is symmetric, above 1 a long tail of large values.
    zero_share, missing_share : float or None
        Of all customers: those at exactly 0, and those without a value.
    """

    mean: float | None = None
    std: float | None = None
    minimum: float | None = None
    q05: float | None = None
    q25: float | None = None
    median: float | None = None
    q75: float | None = None
    q95: float | None = None
    maximum: float | None = None
    skewness: float | None = None
    zero_share: float | None = None
    missing_share: float | None = None


@dataclass(frozen=True)
class Reason:
    """Why a feature has its role: a code, the key of its sentence, and what was computed."""

    code: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ties:
    """What else is known of a feature.

    Parameters
    ----------
    correlations : mapping
        Rank correlation with each feature of the space; None where it cannot be computed.
    told : float or None
        Share of its variance in ranks that the space's features tell together.
    lasting : float or None
        Rank correlation of the customers' values on an earlier day with those of today.
    is_share : bool
        Whether it is a part of a whole.
    """

    correlations: Mapping[str, float | None]
    told: float | None
    lasting: float | None
    is_share: bool


def measure_spread(values: Doubles) -> Spread:
    """Measure the spread of a feature; the order of the customers changes no bit.

    Examples
    --------
    >>> found = measure_spread(np.array([0.0, 1.0, 2.0, 9.0, np.nan]))
    >>> found.median, found.zero_share, found.skewness
    (1.5, 0.2, 1.01)
    """
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return Spread(missing_share=1.0 if values.size else None)
    cuts = dict(zip(("q05", "q25", "median", "q75", "q95"), _cuts(known), strict=True))
    return Spread(
        mean=float(known.mean()),
        std=float(known.std()),
        minimum=float(known[0]),
        maximum=float(known[-1]),
        skewness=_skewness(known),
        zero_share=float((known == 0).sum() / len(values)),
        missing_share=float(np.isnan(values).mean()),
        **cuts,
    )


def flag_far_values(values: Doubles) -> npt.NDArray[np.bool_]:
    """Flag values more than 2.5 interquartile ranges below the first or above the third quartile.

    Where the quartiles are equal there is no range to measure by, and nothing is flagged.

    References
    ----------
    Tukey (1977), Exploratory Data Analysis, whose fences are 1.5 and 3.

    Examples
    --------
    >>> flag_far_values(np.array([1.0, 2.0, 3.0, 4.0, 99.0, np.nan]))
    array([False, False, False, False,  True, False])
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return np.zeros(len(values), dtype=np.bool_)
    low, high = (float(cut) for cut in np.quantile(known, (0.25, 0.75)))
    reach = FAR * (high - low)
    return (values < low - reach) | (values > high + reach) if reach else values > np.inf


def explain_role(values: Doubles, ties: Ties) -> Reason:
    """Say what speaks against having a feature divide the customers, the plainest reason first.

    It is empty or constant; too many have no value; most have the same value; its ranks are those
    of a feature of the space, or follow from all of them; a customer's rank does not last; as a
    share of few orders it is all or nothing. ``own`` where none of these holds.
    """
    known = values[~np.isnan(values)]
    found = _without_spread(values, known) or _told_already(ties) or _fleeting(known, ties)
    return found or Reason("own", {"told_share": ties.told or 0.0})


def _without_spread(values: Doubles, known: Doubles) -> Reason | None:
    if not known.size:
        return Reason("empty", {})
    found, counts = np.unique(known, return_counts=True)
    missing, usual = float(np.isnan(values).mean()), float(found[counts.argmax()])
    if len(found) == 1:
        return Reason("constant", {"value": usual})
    if missing >= MOST_MISSING:
        return Reason("missing", {"missing_share": missing})
    same = float(counts.max() / known.size)
    return Reason("same_value", {"value": usual, "same_share": same}) if same > SAME_VALUE else None


def _told_already(ties: Ties) -> Reason | None:
    near = {name: rho for name, rho in ties.correlations.items() if rho is not None}
    closest = max(near, key=lambda name: abs(near[name]), default="")
    if closest and abs(near[closest]) >= SAME_RANKS:
        return Reason("same_ranks", {"other": closest, "correlation": near[closest]})
    if ties.told is not None and ties.told >= TOLD:
        return Reason("told", {"told_share": ties.told})
    return None


def _fleeting(known: Doubles, ties: Ties) -> Reason | None:
    if ties.lasting is not None and ties.lasting < LASTING:
        return Reason("fleeting", {"correlation": ties.lasting})
    extremes = float(((known == 0) | (known == 1)).mean())
    if ties.is_share and extremes >= EXTREMES:
        return Reason("all_or_nothing", {"extremes_share": extremes})
    return None


def _cuts(known: Doubles) -> list[float]:
    return [float(cut) for cut in np.quantile(known, QUANTILES)]


def _skewness(known: Doubles) -> float | None:
    apart = known - known.mean()
    variance, size = float((apart**2).mean()), float(np.abs(known).max())
    if variance <= 1e-24 * max(1.0, size**2):
        return None
    return float((apart**3).mean() / variance**1.5)

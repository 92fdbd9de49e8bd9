"""Spread of a feature over the customers, and why it would or would not divide them."""

from collections.abc import Mapping

import numpy as np

from clientela.registry.card import Note
from clientela.statistics.arrays import Doubles, Mask

FENCE_RANGES = 2.5
"""Interquartile ranges from the quartiles beyond which a customer is an outlier.

Between the fences of Tukey (1977), 1.5 and 3.
"""

MOST_MISSING_SHARE = 0.20
"""By convention: with more gaps than a fifth, the fill decides where customers stand."""

MOST_EQUAL_SHARE = 0.50
"""By convention: where most customers have one value, the feature divides the few alone."""

SAME_RANKS_CORRELATION = 0.80
"""By convention: from it two features rank customers alike."""

EXPLAINED_SHARE = 0.70
"""By convention: share of the variance in ranks from which other features say it already."""

LEAST_PERSISTENCE = 0.50
"""By convention: rank correlation with an earlier day under which a rank does not last."""

MOST_EXTREMES_SHARE = 0.50
"""By convention: customers at exactly 0 or 1 from which a share is all or nothing."""

# By convention of statistics: the quartiles and two tails.
QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}

SPREAD = (
    *("mean", "std", "minimum", *QUANTILES, "maximum"),
    *("skewness", "zero_share", "missing_share"),
)
"""Figures of a spread; skewness above 1 is a long tail of large values."""


def measure_spread(values: Doubles) -> dict[str, float | None]:
    """Measure the spread of a feature; the order of the customers changes no bit.

    Returns
    -------
    dict
        The figures of :data:`SPREAD`, each in the feature's unit, over the customers that have a
        value. ``skewness``: third standardised moment, 0 is symmetric. ``zero_share`` and
        ``missing_share``: of all customers, those at exactly 0, and those without a value.

    Examples
    --------
    >>> spread = measure_spread(np.array([0.0, 1.0, 2.0, 9.0, np.nan]))
    >>> spread["median"], spread["zero_share"], spread["skewness"]
    (1.5, 0.2, 1.01)
    """
    spread: dict[str, float | None] = dict.fromkeys(SPREAD)
    present = np.sort(values[~np.isnan(values)])
    if not present.size:
        return spread | {"missing_share": 1.0 if values.size else None}
    cuts = np.quantile(present, list(QUANTILES.values())).tolist()
    return spread | {
        "mean": float(present.mean()),
        "std": float(present.std()),
        "minimum": float(present[0]),
        "maximum": float(present[-1]),
        "skewness": _measure_skewness(present),
        "zero_share": float((present == 0).sum() / len(values)),
        "missing_share": float(np.isnan(values).mean()),
        **dict(zip(QUANTILES, cuts, strict=True)),
    }


def flag_far_values(values: Doubles) -> Mask:
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
    present = values[~np.isnan(values)]
    if not present.size:
        return np.zeros(len(values), dtype=np.bool_)
    low, high = (float(cut) for cut in np.quantile(present, (0.25, 0.75)))
    reach = FENCE_RANGES * (high - low)
    return (values < low - reach) | (values > high + reach) if reach else values > np.inf


def explain_role(
    values: Doubles,
    *,
    correlations: Mapping[str, float | None],
    explained: float | None,
    persistence: float | None,
    is_share: bool,
) -> Note:
    """Explain what speaks against dividing customers by a feature, the plainest reason first.

    It is empty or constant; too many have no value; most have the same value; its ranks are those
    of a feature of the space, or follow from all of them; a customer's rank does not last; as a
    share of few orders it is all or nothing. ``own`` where none of these holds.

    Parameters
    ----------
    values : array
        The feature's values.
    correlations : mapping
        Rank correlation with each feature of the space; None where it cannot be computed.
    explained : float or None
        Share of its variance in ranks that the space's features explain together.
    persistence : float or None
        Rank correlation of the customers' values on an earlier day with those of today.
    is_share : bool
        Whether it is a part of a total.
    """
    present = values[~np.isnan(values)]
    note = _explain_flat(values, present) or _explain_redundant(correlations, explained)
    if note:
        return note
    if persistence is not None and persistence < LEAST_PERSISTENCE:
        return Note("fleeting", {"correlation": persistence})
    extremes = float(((present == 0) | (present == 1)).mean())
    if is_share and extremes >= MOST_EXTREMES_SHARE:
        return Note("all_or_nothing", {"extremes_share": extremes})
    return Note("own", {"told_share": explained or 0.0})


def _explain_flat(values: Doubles, present: Doubles) -> Note | None:
    if not present.size:
        return Note("empty", {})
    distinct, counts = np.unique(present, return_counts=True)
    missing, usual = float(np.isnan(values).mean()), float(distinct[counts.argmax()])
    if len(distinct) == 1:
        return Note("constant", {"value": usual})
    if missing >= MOST_MISSING_SHARE:
        return Note("missing", {"missing_share": missing})
    equal = float(counts.max() / present.size)
    if equal > MOST_EQUAL_SHARE:
        return Note("same_value", {"value": usual, "same_share": equal})
    return None


def _explain_redundant(
    correlations: Mapping[str, float | None], explained: float | None
) -> Note | None:
    measured = {name: rho for name, rho in correlations.items() if rho is not None}
    closest = max(measured, key=lambda name: abs(measured[name]), default="")
    if closest and abs(measured[closest]) >= SAME_RANKS_CORRELATION:
        return Note("same_ranks", {"other": closest, "correlation": measured[closest]})
    if explained is not None and explained >= EXPLAINED_SHARE:
        return Note("told", {"told_share": explained})
    return None


def _measure_skewness(values: Doubles) -> float | None:
    apart = values - values.mean()
    variance, size = float((apart**2).mean()), float(np.abs(values).max())
    if variance <= 1e-24 * max(1.0, size**2):  # rounding alone
        return None
    return float((apart**3).mean() / variance**1.5)

"""Business themes of the reasons: which readings of a customer are one fact."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles

RHYTHM, LATELY = "rhythm", "lately"
THEMES: dict[str, tuple[str, ...]] = {
    RHYTHM: ("days_since_last", "last_gap_ratio", "gap_", "gaps_away", "btyd_alive", "btyd_buys"),
    "returns": ("return", "cancelled_orders", "unmatched_returned", "days_since_last_return"),
    LATELY: (
        *("orders_30d", "orders_90d", "orders_365d", "order_rate", "btyd_orders", "trend_"),
        *("revenue_30d", "revenue_90d", "revenue_365d", "revenue_rate", "btyd_revenue"),
        "new_products_90d",
    ),
    "order_size": (
        *("average_order_value", "largest_order_amount", "order_amount_std", "btyd_spend"),
        *("average_unit_price", "lines_per_order", "units_per_order"),
    ),
    "range": (
        *("products", "top_product_share", "repeat_product_share", "services", "top_service"),
        *("channels", "top_channel", "categories", "top_category"),
    ),
    "few_orders": ("orders", "purchase_days", "revenue", "gross_revenue", "lines", "units"),
    "age": ("tenure_days", "signup_days"),
}
"""Beginnings of the features of each theme: silence for the own rhythm, returns, purchases of
late, size of orders, range, number of orders, time as customer. A whole name goes before them."""
UNSAID = ("weekday_share_", "hour_share_")
"""Beginnings of features that may weigh and are no reason: nobody can act on a day of the week."""
SILENCE, USUAL_GAP = "days_since_last", "gap_days_mean"
_Marks = npt.NDArray[np.bool_]
WINDOWS = ("_30d", "_90d", "_365d")
# Customers grouped together, by convention: times themes and features, some MB
ROWS = 512


def find_theme(feature: str) -> str | None:
    """Return the theme of a feature; what the firm brought itself has none.

    Examples
    --------
    >>> find_theme("gap_days_max"), find_theme("orders"), find_theme("orders_90d")
    ('rhythm', 'few_orders', 'lately')
    >>> find_theme("days_since_last_return"), find_theme("contract")
    ('returns', None)
    """
    whole = (theme for theme, names in THEMES.items() if feature in names)
    begun = (theme for theme, names in THEMES.items() if feature.startswith(names))
    return next(whole, None) or next(begun, None)


def group_effects(
    names: tuple[str, ...], matrix: Doubles, effects: Doubles
) -> tuple[Doubles, npt.NDArray[np.intp]]:
    """Return the effect of each theme, and the feature that speaks for it.

    Nothing in a window of days says what the silence says, and counts with it. Features without
    a theme stand each for itself, after the themes; the days and hours of orders are no reason.

    Parameters
    ----------
    names : tuple of str
        The features.
    matrix, effects : arrays of shape (customers, features)
        Values and their log-odds.

    Returns
    -------
    tuple of arrays of shape (customers, themes)
        Sums of log-odds, and columns of the features that raise the risk most, the silence before
        others of its theme.
    """
    marks, windows, rhythm = _mark_themes(names)
    sums = np.empty((len(effects), len(marks)))
    speakers = np.empty(sums.shape, dtype=np.intp)
    for start in range(0, len(effects), ROWS):
        rows = slice(start, start + ROWS)
        silent = windows & ~(matrix[rows] > 0.0)  # a trend of nothing before is unknown
        inside = marks[:, np.newaxis] & ~silent
        inside[rhythm] |= silent
        parts = np.where(inside, effects[rows], 0.0)
        sums[rows] = parts.sum(axis=2).T
        speakers[rows] = parts.argmax(axis=2).T
    if SILENCE in names:
        silence = names.index(SILENCE)
        speakers[effects[:, silence] > 0.0, rhythm] = silence
    return sums, speakers


@lru_cache(maxsize=8)  # a process serves one churn model, or two while they change places
def _mark_themes(names: tuple[str, ...]) -> tuple[_Marks, _Marks, int]:
    """Return the columns of each theme, those of windows, and which theme is the rhythm."""
    themes = np.array([find_theme(name) or name for name in names], dtype=object)
    windows = np.array([name.endswith(WINDOWS) for name in names], dtype=bool)
    shown = [theme for theme in themes if not theme.startswith(UNSAID)]
    order = list(dict.fromkeys([*shown, RHYTHM]))
    marks = np.array([themes == theme for theme in order], dtype=bool)
    return marks, windows & (themes == LATELY).astype(bool), order.index(RHYTHM)

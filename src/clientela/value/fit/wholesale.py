"""Buyers so large that a model of all customers would become a model of them.

One wholesale buyer among five hundred raised the forecasts of the others twentyfold: levels, means
and trees follow the money. Such a buyer is left out of all that is learnt of customers together,
and forecast by the own pace.
"""

import numpy as np
import pyarrow as pa

from clientela.features.history import History
from clientela.statistics.arrays import doubles

MOST_SHARE = 0.05
"""Of the revenue of all smaller customers: so far one of them may move the others' level."""
MOST_CUSTOMERS = 6.0
"""In a small firm the largest has a larger share: that of six average customers, at least."""


WholesaleBuyers = tuple[pa.Array, float]
"""Ids of those apart from the other customers, and the gross revenue above which one is of them.

It is infinite where there are too few customers to say.
"""

NO_WHOLESALE: WholesaleBuyers = (pa.array([], pa.string()), float("inf"))


def find_wholesale(history: History) -> WholesaleBuyers:
    """Find the customers whose gross revenue dwarfs that of all smaller ones together."""
    table = history.snapshot(history.as_of, ("gross_revenue",))
    revenue = np.maximum(doubles(table, "gross_revenue"), 0.0)
    limit = compute_limit(revenue)
    ids = table["customer_id"].filter(pa.array(revenue > limit)).combine_chunks()
    return ids, limit


def compute_limit(revenue: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the revenue above which a customer counts as a wholesale buyer.

    The largest is set apart as long as it exceeds the share of what all smaller ones brought.

    Examples
    --------
    >>> compute_limit(np.r_[np.full(400, 10.0), 9_000.0])
    200.0
    >>> bool(np.isinf(compute_limit(np.array([5.0, 500.0]))))
    True
    """
    ordered = np.sort(revenue)
    smaller = np.r_[0.0, np.cumsum(ordered)]
    for count in range(len(ordered), 0, -1):
        share = max(MOST_SHARE, MOST_CUSTOMERS / count)
        if share >= 1.0:
            return float("inf")
        if ordered[count - 1] <= share * smaller[count - 1]:
            return float(share * smaller[count])
    return float("inf")

"""In which months of the year the orders of each segment fall, beside those of all customers."""

import numpy as np
import pyarrow as pa

from clientela.features.daily_revenue import YEAR_DAYS, PurchaseDays
from clientela.statistics.agreement import Labels

MONTHS_A_YEAR = 12  # as calendars have it
MONTHS = pa.schema(
    [
        ("segment", pa.int64()),
        ("month", pa.int64()),
        ("orders", pa.int64()),
        ("orders_share", pa.float64()),
        ("base_share", pa.float64()),
    ]
)


def count_months(days: PurchaseDays, segment: Labels) -> pa.Table:
    """Count the orders of the last year by segment and month of the year.

    Parameters
    ----------
    days : PurchaseDays
        When customers bought.
    segment : array of int
        The segment of each customer, in the order of ``days.ids``.

    Returns
    -------
    pa.Table
        Of :data:`MONTHS`: a row for each segment with an order and each month, January is 1;
        ``orders`` and their share of the segment's, beside that of all customers' orders.
    """
    recent = (days.orders > 0) & (days.age_days < YEAR_DAYS)
    dates = np.datetime64(days.as_of, "D") - days.age_days[recent]
    month = dates.astype("datetime64[M]").astype(np.int64) % MONTHS_A_YEAR
    ids, place = np.unique(segment[days.customer[recent]], return_inverse=True)
    cells = np.bincount(
        place * MONTHS_A_YEAR + month, days.orders[recent], len(ids) * MONTHS_A_YEAR
    ).reshape(len(ids), MONTHS_A_YEAR)
    everyone = cells.sum(axis=0)
    own = cells / cells.sum(axis=1, keepdims=True)
    base = np.broadcast_to(everyone / max(everyone.sum(), 1), own.shape)
    return pa.table(
        {
            "segment": np.repeat(ids, MONTHS_A_YEAR),
            "month": np.tile(np.arange(1, MONTHS_A_YEAR + 1), len(ids)),
            "orders": cells.ravel().astype(np.int64),
            "orders_share": own.ravel(),
            "base_share": base.ravel(),
        },
        schema=MONTHS,
    )

"""Who bought of certain product families, when first, and for how much an order."""

import datetime as dt
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import sales

BUYERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("family", pa.string()),
        ("first_age_days", pa.int64()),
        ("amount", pa.float64()),
        ("orders", pa.int64()),
    ]
)
"""``first_age_days`` is the age of the first purchase, 0 on the history's last day."""

_WANTED = pa.schema([("product_id", pa.string()), ("family", pa.string())])


def find_buyers(history: History, family_of: Mapping[str, str]) -> pa.Table:
    """Return one row a customer and product family bought, of the products asked for.

    Parameters
    ----------
    history : History
        The firm's past up to its last day; returns are not taken off.
    family_of : mapping of str to str
        Product to its family; of few families, what comes back is in memory.

    Returns
    -------
    pa.Table
        Of :data:`BUYERS`, sorted by family and customer.
    """
    wanted = pa.table([list(family_of), list(family_of.values())], schema=_WANTED)
    history.engine.bind("asked", history.engine.from_arrow(wanted))
    keys = [("family", "ascending"), ("customer_id", "ascending")]
    return history.gather(_sum_purchases(history.as_of), BUYERS).sort_by(keys)


def _sum_purchases(as_of: dt.date) -> ir.Table:
    wanted = ibis.table(ibis.Schema.from_pyarrow(_WANTED), name="asked")
    sold = sales(as_of)
    sold = sold.mutate(age_days=ibis.literal(as_of).delta(sold.day, unit="day"))
    sold = sold.join(wanted, "product_id")
    return sold.group_by("customer_id", "family").aggregate(
        first_age_days=sold.age_days.max().cast("int64"),
        amount=sold.amount.sum().cast(TOTAL).cast("float64"),
        orders=sold.order_id.nunique().cast("int64"),
    )

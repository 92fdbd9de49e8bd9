"""Who bought certain products, when first, and for how much an order."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.features.history import History
from clientela.tables.schema import TRANSACTIONS, ibis_schema

BUYERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("product_id", pa.string()),
        ("first_age_days", pa.int64()),
        ("amount", pa.float64()),
        ("orders", pa.int64()),
    ]
)
"""``first_age_days`` is the age of the first purchase, 0 on the history's last day."""

_ASKED = pa.schema([("product_id", pa.string())])


def buyers(history: History, products: Sequence[str]) -> pa.Table:
    """Give one row a customer and product bought, of the products asked for.

    Parameters
    ----------
    history : History
        The firm's past up to its last day; returns are not taken off.
    products : sequence of str
        Few: what comes back is in memory.

    Returns
    -------
    pa.Table
        Of :data:`BUYERS`, sorted by product and customer.
    """
    asked = pa.table([sorted(set(products))], schema=_ASKED)
    history.engine.bind("asked", history.engine.from_arrow(asked))
    sql, parts = history.engine.compile(_bought(history)), [BUYERS.empty_table()]
    for group in history.groups:
        history.engine.bind("transactions", history.read(group).transactions)
        parts.append(history.engine.query(sql, BUYERS))
    keys = [("product_id", "ascending"), ("customer_id", "ascending")]
    return pa.concat_tables(parts).sort_by(keys)


def _bought(history: History) -> ir.Table:
    lines = ibis.table(ibis_schema(TRANSACTIONS), name="transactions")
    asked = ibis.table(ibis.Schema.from_pyarrow(_ASKED), name="asked")
    day, as_of = lines.ordered_local.date(), ibis.literal(history.as_of)
    sold = lines.filter(lines.customer_id.notnull(), day <= as_of, lines.kind == "sale")
    sold = sold.mutate(age_days=as_of.delta(sold.ordered_local.date(), unit="day"))
    sold = sold.join(asked, "product_id")
    return sold.group_by("customer_id", "product_id").aggregate(
        first_age_days=sold.age_days.max().cast("int64"),
        amount=sold.amount.sum().cast("decimal(38, 4)").cast("float64"),
        orders=sold.order_id.nunique().cast("int64"),
    )

"""The customers' gross margin: the firm's, or that of the categories each of them buys."""

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Economics
from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import sales
from clientela.statistics.arrays import Doubles, doubles

SALES = pa.schema([("customer_id", pa.string()), ("net", pa.float64()), ("gross", pa.float64())])


def read_margins(history: History, ids: pa.ChunkedArray, economics: Economics) -> Doubles:
    """Return the gross margin of each customer, over revenue; NaN where none is configured.

    With margins by category a customer's is that of what was bought so far, by revenue: the best
    guess of what will be bought.

    Parameters
    ----------
    history : History
        Sales up to its ``as_of``.
    ids : pa.ChunkedArray
        Customers, in whose order the margins come.
    economics : Economics
        The margins.
    """
    if economics.gross_margin is None:
        return np.full(len(ids), np.nan)
    flat = np.full(len(ids), economics.gross_margin)
    if not economics.category_margins:
        return flat
    bought = history.gather(_sum_sales(history, economics, economics.gross_margin), SALES)
    bought = bought.take(pc.index_in(ids, value_set=bought["customer_id"].combine_chunks()))
    gross, net = doubles(bought, "gross"), doubles(bought, "net")
    own: Doubles = np.divide(gross, net, out=flat, where=net > 0.0)
    return own


def _sum_sales(history: History, economics: Economics, usual: float) -> ibis.expr.types.Table:
    sold = sales(history.as_of)
    margins = economics.category_margins.items()
    branches = [(sold.category == name, ibis.literal(margin)) for name, margin in margins]
    margin = ibis.cases(*branches, else_=ibis.literal(usual))
    amount = sold.amount.cast("float64")
    return sold.group_by("customer_id").aggregate(
        net=sold.amount.sum().cast(TOTAL).cast("float64"), gross=(amount * margin).sum()
    )

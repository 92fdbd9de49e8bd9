"""The customers' gross margin: the firm's, that of the categories each buys, or from costs."""

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
    """Return the gross margin of each customer, over revenue; NaN where nothing tells one.

    With margins by category a customer's is that of what was bought so far, by revenue: the best
    guess of what will be bought. Without a configured margin, the costs that the sales tell make
    it; who bought nothing of a known cost has the margin of all, and below cost it is none.

    Parameters
    ----------
    history : History
        Sales up to its ``as_of``.
    ids : pa.ChunkedArray
        Customers, in whose order the margins come.
    economics : Economics
        The margins.
    """
    usual = economics.gross_margin
    if usual is not None and not economics.category_margins:
        return np.full(len(ids), usual)
    sums = _sum_sales(history, economics, usual) if usual is not None else _sum_costs(history)
    bought = history.gather(sums, SALES)
    if usual is None:
        net, gross = doubles(bought, "net").sum(), doubles(bought, "gross").sum()
        usual = gross / net if net > 0.0 else np.nan
    flat = np.full(len(ids), usual)
    bought = bought.take(pc.index_in(ids, value_set=bought["customer_id"].combine_chunks()))
    gross, net = doubles(bought, "gross"), doubles(bought, "net")
    own: Doubles = np.divide(gross, net, out=flat, where=net > 0.0)
    return np.clip(own, 0.0, 1.0)


def _sum_costs(history: History) -> ibis.expr.types.Table:
    """Sum up the sales whose cost is known, by customer."""
    sold = sales(history.as_of)
    sold = sold.filter(sold.cost.notnull())
    return sold.group_by("customer_id").aggregate(
        net=sold.amount.sum().cast(TOTAL).cast("float64"),
        gross=(sold.amount - sold.cost).sum().cast(TOTAL).cast("float64"),
    )


def _sum_sales(history: History, economics: Economics, usual: float) -> ibis.expr.types.Table:
    sold = sales(history.as_of)
    margins = economics.category_margins.items()
    branches = [(sold.category == name, ibis.literal(margin)) for name, margin in margins]
    margin = ibis.cases(*branches, else_=ibis.literal(usual))
    amount = sold.amount.cast("float64")
    return sold.group_by("customer_id").aggregate(
        net=sold.amount.sum().cast(TOTAL).cast("float64"), gross=(amount * margin).sum()
    )

"""Link every return to the purchase it gives back, where there is one.

Returns are taken in the order of time. Each belongs to the latest earlier order in which the same
customer bought the same product and has at least as many units left to give back; an order at the
same unit price goes before any other, and the return's own before all. Where the source tells no
products, only an order at exactly the same price matches. A link so depends on nothing later than
the return.

The link is stored with the return. A snapshot nets it only from the day of the return on.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from clientela.engine import Engine

KEY = ("line_key", "line_no")
SOLD = ("customer_id", "product", "order_id")
BEST_LAST = ("own", "same_price", "sold_at", "order_id")
LINKS = pa.schema(
    [("linked_key", pa.string()), ("linked_no", pa.int64()), ("linked_order", pa.string())]
)


def link_returns(
    engine: Engine, sales: ir.Table, returns: ir.Table, customers: ir.Table | None = None
) -> ir.Table:
    """Fill ``returns_order_id`` of the returns.

    Parameters
    ----------
    engine : Engine
        What finds the orders that may fit; choosing among them goes return by return.
    sales, returns : ir.Table
        Canonical transactions of one kind each, of whole customers: all lines of a customer
        must be there.
    customers : ir.Table, optional
        ``customer_id`` of those who have news, each once, where others' links stay as they are.

    Returns
    -------
    ir.Table
        The returns, same columns, the link set or null.
    """
    mine = returns
    if customers is not None:
        sales = sales.semi_join(customers, "customer_id")
        mine = returns.semi_join(customers, "customer_id")
    links = engine.map_batches(
        _candidates(sales, mine),
        _choose_orders,
        LINKS,
        by=("customer_id", "product"),
        order=("returned_at", *KEY),
        descending=BEST_LAST,
    )
    same_line = [returns.line_key == links.linked_key, returns.line_no == links.linked_no]
    joined, order = returns.left_join(links, same_line), links.linked_order
    if customers is not None:
        news = customers.select(has_news="customer_id")
        joined = joined.left_join(news, returns.customer_id == news.has_news)
        order = news.has_news.notnull().ifelse(links.linked_order, returns.returns_order_id)
    names = [name for name in returns.columns if name != "returns_order_id"]
    return joined.select(*[returns[name] for name in names], returns_order_id=order)


def _candidates(sales: ir.Table, returns: ir.Table) -> ir.Table:
    """Pair returns with the orders that may fit; :data:`BEST_LAST` sorts them."""
    back = returns.filter(returns.customer_id.notnull()).select(
        *KEY,
        customer_id="customer_id",
        product=returns.product_id.fill_null(""),
        price="unit_price",
        units=-returns.quantity,
        returned_order="order_id",
        returned_at="ordered_at",
    )
    wanted = back.select(buyer="customer_id", thing="product").distinct()
    sold = sales.mutate(product=sales.product_id.fill_null(""))
    sold = sold.semi_join(
        wanted, [sold.customer_id == wanted.buyer, sold["product"] == wanted.thing]
    )
    orders = sold.group_by(*SOLD).aggregate(
        sold=sold.quantity.sum(),
        sold_at=sold.ordered_at.min(),
        lowest=sold.unit_price.min(),
        highest=sold.unit_price.max(),
    )
    orders = orders.rename(buyer="customer_id", thing="product")
    pairs = back.join(
        orders,
        [
            back.customer_id == orders.buyer,
            back["product"] == orders.thing,
            orders.sold_at <= back.returned_at,
            orders.sold >= back.units,
        ],
    )
    same_price = (pairs.lowest <= pairs.price) & (pairs.price <= pairs.highest)
    pairs = pairs.mutate(same_price=same_price)
    pairs = pairs.filter((pairs["product"] != "") | pairs.same_price)
    pairs = pairs.mutate(own=pairs.returned_order == pairs.order_id)
    return pairs.select("returned_at", *KEY, *BEST_LAST, "units", "customer_id", "product", "sold")


def _choose_orders(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Assign each return the first order that still has the units."""
    pairs = (pair for batch in batches for pair in batch.to_pylist())
    yield pa.RecordBatch.from_pylist(_assign_units(pairs), LINKS)


def _assign_units(pairs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    links: dict[tuple[str, int], str] = {}
    returned_units: dict[tuple[str, ...], Decimal] = {}
    for pair in pairs:
        key = (pair["line_key"], pair["line_no"])
        order = tuple(pair[name] for name in SOLD)
        total_units = returned_units.get(order, Decimal(0)) + pair["units"]
        if key not in links and total_units <= pair["sold"]:
            links[key] = pair["order_id"]
            returned_units[order] = total_units
    return [
        {"linked_key": key, "linked_no": number, "linked_order": order}
        for (key, number), order in links.items()
    ]

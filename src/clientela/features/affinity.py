"""Which product families are bought together, counted in the engine.

Pairs grow with the square of the products, so only the most frequent ones enter; what is counted
in one group of buckets is added to that of the next. The first count ties products, from which
families are learnt; the second is that of the families.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.history import History
from clientela.features.lines import sales
from clientela.features.product_families import ProductFamilies, learn_families, tie_products

PRODUCTS = 300  # the most frequent: pairs grow with their square, so 45,000 at the most
LEAST_ORDERS = 10  # by convention: fewer orders with both tell no pair from chance
LEAST_SUPPORT = 0.01  # by convention: rarer pairs are of no use to a campaign

PAIRS = pa.schema(
    [
        ("first", pa.string()),
        ("second", pa.string()),
        ("orders", pa.int64()),
        ("support", pa.float64()),
        ("confidence", pa.float64()),
        ("lift", pa.float64()),
    ]
)
"""Orders with both products, their share of all orders, of those with the first, and the lift."""

_FREQUENT = pa.schema(
    [("product_id", pa.string()), ("description", pa.string()), ("orders", pa.int64())]
)
_ORDERS = pa.schema([("orders", pa.int64())])
_COUNTS = pa.schema([("first", pa.int64()), ("second", pa.int64()), ("orders", pa.int64())])
_WANTED = pa.schema([("product_id", pa.string()), ("code", pa.int64())])


def learn_affinity(history: History) -> tuple[pa.Table, ProductFamilies]:
    """Learn the families of products, and count which of them customers order together.

    Parameters
    ----------
    history : History
        The firm's past up to its last day; fees and returns are left out.

    Returns
    -------
    pa.Table, ProductFamilies
        Of :data:`PAIRS`, both directions of a pair, the highest lift first. Of pairs stand there
        those that at least :data:`LEAST_ORDERS` orders and :data:`LEAST_SUPPORT` of all hold, more
        often than chance; none where lines name no product. Beside them the products by family,
        which the pairs name.

    References
    ----------
    Agrawal, Imielinski, Swami (1993), Mining association rules between sets of items in large
    databases, doi:10.1145/170035.170072.
    Brin et al. (1997), Dynamic itemset counting, doi:10.1145/253262.253325: the lift.
    """
    sold = sales(history.as_of)
    names, orders = _name_products(history.gather(_frequent(sold), _FREQUENT))
    if not names:
        return PAIRS.empty_table(), ProductFamilies({}, {}, {})
    families = _learn_families(history, sold, names, orders)
    sizes: dict[str, int] = {}
    for product, family in families.family_of.items():
        sizes[family] = sizes.get(family, 0) + orders[product]
    frequent = _rank(sizes)
    counts = _count_together(history, sold, families.family_of, frequent)
    placed = sold.select("customer_id", "order_id").distinct()
    every = history.gather(placed.aggregate(orders=placed.count().cast("int64")), _ORDERS)
    return _measure_pairs(counts, pc.sum(every["orders"]).as_py(), frequent), families


def _learn_families(
    history: History, sold: ir.Table, names: dict[str, str], orders: dict[str, int]
) -> ProductFamilies:
    frequent = _rank(orders)
    counts = _count_together(history, sold, {product: product for product in frequent}, frequent)
    pairs = zip(*(counts[key].to_pylist() for key in _COUNTS.names), strict=True)
    ties = tie_products(
        (frequent[first], frequent[second], count) for first, second, count in pairs
    )
    return learn_families(names, ties, orders)


def _rank(orders: dict[str, int]) -> list[str]:
    """Return the names of most orders, the first of equals."""
    return sorted(orders, key=lambda name: (-orders[name], name))[:PRODUCTS]


def _count_together(
    history: History, sold: ir.Table, family_of: dict[str, str], frequent: list[str]
) -> pa.Table:
    """Count the orders of each pair of codes, the positions in ``frequent``."""
    codes = {name: code for code, name in enumerate(frequent)}
    wanted = [(product, codes[name]) for product, name in family_of.items() if name in codes]
    table = pa.table(list(zip(*wanted, strict=True)), schema=_WANTED)
    history.engine.bind("wanted", history.engine.from_arrow(table))
    return _sum_orders(history.gather(_together(sold), _COUNTS), ["first", "second"])


def _sum_orders(counted: pa.Table, keys: list[str]) -> pa.Table:
    total = counted.group_by(keys, use_threads=False).aggregate([("orders", "sum")])
    return total.rename_columns([*keys, "orders"]).sort_by([(key, "ascending") for key in keys])


def _frequent(sales: ir.Table) -> ir.Table:
    """Count the orders of each product; firms may number those of each customer from 1."""
    sales = sales.filter(sales.product_id.notnull())
    product_orders = sales.select("product_id", "description", "customer_id", "order_id").distinct()
    return product_orders.group_by("product_id", "description").aggregate(
        orders=product_orders.count().cast("int64")
    )


def _name_products(counted: pa.Table) -> tuple[dict[str, str], dict[str, int]]:
    """Return each product's commonest description, or its id, and its orders."""
    spelled = _sum_orders(counted, ["product_id", "description"])
    total = _sum_orders(spelled.select(["product_id", "orders"]), ["product_id"])
    orders = dict(zip(*(total[key].to_pylist() for key in ("product_id", "orders")), strict=True))
    spelled = spelled.sort_by([("orders", "ascending"), ("description", "descending")])
    called = dict(zip(*(spelled[key].to_pylist() for key in _FREQUENT.names[:2]), strict=True))
    return {product: called[product] or product for product in orders}, orders


def _together(sales: ir.Table) -> ir.Table:
    """Count the orders of each pair; a code with itself gives its own orders."""
    wanted = ibis.table(ibis.Schema.from_pyarrow(_WANTED), name="wanted")
    baskets = sales.join(wanted, "product_id")
    baskets = baskets.select("customer_id", "order_id", "code").distinct()
    other = baskets.view()
    pairs = baskets.join(
        other,
        [
            baskets.customer_id == other.customer_id,
            baskets.order_id == other.order_id,
            baskets.code <= other.code,
        ],
    ).select(first=baskets.code, second=other.code)
    return pairs.group_by("first", "second").aggregate(orders=pairs.count().cast("int64"))


def _measure_pairs(counts: pa.Table, orders: int, products: Sequence[str]) -> pa.Table:
    first, second, pair_orders = (counts[key].to_numpy() for key in _COUNTS.names)
    alone = np.zeros(len(products))
    alone[first[first == second]] = pair_orders[first == second]
    enough = (first != second) & (pair_orders >= max(LEAST_ORDERS, LEAST_SUPPORT * orders))
    left = np.concatenate([first[enough], second[enough]])
    right = np.concatenate([second[enough], first[enough]])
    shared = np.tile(pair_orders[enough], 2)
    lift = shared * orders / (alone[left] * alone[right])
    positive = np.flatnonzero(lift > 1)
    positive = positive[
        np.lexsort((right[positive], left[positive], -shared[positive], -lift[positive]))
    ]
    names = np.asarray(products, dtype=object)
    columns = {
        "first": names[left[positive]],
        "second": names[right[positive]],
        "orders": shared[positive],
        "support": shared[positive] / orders,
        "confidence": shared[positive] / alone[left[positive]],
        "lift": lift[positive],
    }
    return pa.table(columns, schema=PAIRS)

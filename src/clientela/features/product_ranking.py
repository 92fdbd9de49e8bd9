"""Product families by what they bring: buyers, who buy again, and who begin with them."""

import json
from collections import defaultdict

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import sales
from clientela.features.product_families import ProductFamilies
from clientela.store.arrow_schemas import arrow_schema

MOST_FAMILIES = 200  # by convention: what a person looks through; longer catalogues have a tail

_FAMILIES = pa.schema([("product_id", pa.string()), ("family", pa.string())])
_INSIDE = pa.schema([("customer_id", pa.string()), ("inside", pa.int64())])
_COUNTS = ("revenue", "customers", "orders", "repeaters", "beginners", "returners", "insiders")
_SUMS = pa.schema(
    [("family", pa.string()), ("revenue", pa.float64()), *((n, pa.int64()) for n in _COUNTS[1:])]
)


def rank_products(history: History, families: ProductFamilies, insiders: pa.Array) -> pa.Table:
    """Rank product families by what identified customers paid for them, returns not taken off.

    Parameters
    ----------
    history : History
        The firm's past up to its last day.
    families : ProductFamilies
        All products by family.
    insiders : pa.Array
        Ids of those who are in the programme, or would be.

    Returns
    -------
    pa.Table
        ``products``: the :data:`MOST_FAMILIES` of most revenue; none where lines name no product.
    """
    if not families.family_of:
        return arrow_schema("products").empty_table()
    pairs = list(families.family_of.items())
    family_of = pa.table(list(zip(*pairs, strict=True)), schema=_FAMILIES)
    inside = pa.table([insiders, pa.array([1] * len(insiders), pa.int64())], schema=_INSIDE)
    for name, table in (("families", family_of), ("inside", inside)):
        history.engine.bind(name, history.engine.from_arrow(table))
    parts = history.gather(_sum_families(sales(history.as_of)), _SUMS)
    total = parts.group_by("family", use_threads=False).aggregate([(n, "sum") for n in _COUNTS])
    total = total.rename_columns(["family", *_COUNTS])
    order = [("revenue", "descending"), ("family", "ascending")]
    rows = total.sort_by(order).slice(0, MOST_FAMILIES).to_pylist()
    members: dict[str, list[str]] = defaultdict(list)
    for product, family in pairs:
        members[family].append(product)
    revenue = pc.sum(total["revenue"]).as_py() or 0.0
    return pa.Table.from_pylist(
        [
            {
                "position": position,
                "family": row["family"],
                "name": families.names[row["family"]],
                "variants": families.sizes[row["family"]],
                "product_ids": json.dumps(sorted(members[row["family"]])),
                "revenue": row["revenue"],
                "revenue_share": _divide(row["revenue"], revenue),
                "customers": row["customers"],
                "orders": row["orders"],
                "repeat_share": _divide(row["repeaters"], row["customers"]),
                "first_customers": row["beginners"],
                "first_returned_share": _divide(row["returners"], row["beginners"]),
                "insiders": row["insiders"],
            }
            for position, row in enumerate(rows, 1)
        ],
        arrow_schema("products"),
    )


def _divide(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _sum_families(sold: ir.Table) -> ir.Table:
    """Count each family's buyers: again, first of all, and of those who came back at all.

    Orders are counted by grouping twice, which takes a fifth less than distinct ones of a group.
    """
    families, inside = (
        ibis.table(ibis.Schema.from_pyarrow(schema), name=name)
        for name, schema in (("families", _FAMILIES), ("inside", _INSIDE))
    )
    persons = sold.group_by("customer_id").aggregate(first=sold.day.min(), last=sold.day.max())
    bought = sold.join(families, "product_id")
    placed = bought.group_by("customer_id", "family", "order_id").aggregate(
        amount=bought.amount.sum().cast(TOTAL), began=bought.day.min()
    )
    bought = placed.group_by("customer_id", "family").aggregate(
        amount=placed.amount.sum().cast(TOTAL),
        orders=placed.order_id.count().cast("int64"),
        began=placed.began.min(),
    )
    bought = bought.join(persons, "customer_id").left_join(inside, "customer_id")
    first, again = bought.began == bought.first, bought.last > bought.first
    return bought.group_by("family").aggregate(
        revenue=bought.amount.sum().cast(TOTAL).cast("float64"),
        customers=bought.count().cast("int64"),
        orders=bought.orders.sum().cast("int64"),
        repeaters=(bought.orders > 1).sum().cast("int64"),
        beginners=first.sum().cast("int64"),
        returners=(first & again).sum().cast("int64"),
        insiders=bought.inside.fill_null(0).sum().cast("int64"),
    )

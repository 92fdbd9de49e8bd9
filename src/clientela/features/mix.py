"""Where and of what kind a customer buys, by gross sales."""

import ibis
import ibis.expr.types as ir

from clientela.features.cutoff import KnownRows
from clientela.features.expressions import Columns, ratio

COUNTED = {"service": "services", "channel": "channels", "category": "categories"}
DIMENSIONS = (*COUNTED, "country")


def of_sales(known: KnownRows, dimension: str) -> ir.Table:
    """Find the value that brought a customer most gross sales, and how many values there are."""
    sales = known.sales
    sums = sales.group_by("customer_id", name=sales[dimension]).aggregate(gross=sales.amount.sum())
    sums = sums.filter(sums.name.notnull())
    ranked = ibis.struct({"below": -sums.gross, "name": sums.name})  # ties go to the first name
    return sums.group_by("customer_id").aggregate(
        **{f"{dimension}_count": sums.count(), f"{dimension}_top": ranked.min()}
    )


def columns(customer: ir.Table) -> Columns:
    """Give the group's features; null for a customer whose lines do not name the dimension."""
    features = {"country": customer.country_top["name"]}
    for one, many in COUNTED.items():
        features[many] = customer[f"{one}_count"]
        features[f"top_{one}"] = customer[f"{one}_top"]["name"]
        features[f"top_{one}_share"] = ratio(-customer[f"{one}_top"]["below"], customer.gross)
    return features

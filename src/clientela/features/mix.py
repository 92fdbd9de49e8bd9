"""Where and of what kind a customer buys, by gross sales."""

import ibis
import ibis.expr.types as ir

from clientela.features.cutoff import KnownRows
from clientela.features.expressions import Columns, ratio

COUNTED = {"service": "services", "channel": "channels", "category": "categories"}
DIMENSIONS = (*COUNTED, "country")


def of_sales(known_rows: KnownRows, dimension: str) -> ir.Table:
    """Find the value that brought a customer most gross sales, and how many values there are."""
    sales = known_rows.sales
    sums = sales.group_by("customer_id", name=sales[dimension]).aggregate(gross=sales.amount.sum())
    sums = sums.filter(sums.name.notnull())
    ranked = ibis.struct({"below": -sums.gross, "name": sums.name})  # ties go to the first name
    return sums.group_by("customer_id").aggregate(
        **{f"{dimension}_count": sums.count(), f"{dimension}_top": ranked.min()}
    )


def columns(customer: ir.Table) -> Columns:
    """Return the group's features; null for a customer whose lines do not name the dimension."""
    features = {"country": customer.country_top["name"]}
    for dimension, feature in COUNTED.items():
        features[feature] = customer[f"{dimension}_count"]
        features[f"top_{dimension}"] = customer[f"{dimension}_top"]["name"]
        features[f"top_{dimension}_share"] = ratio(
            -customer[f"{dimension}_top"]["below"], customer.gross
        )
    return features

"""What is known of the customer besides purchases."""

import ibis
import ibis.expr.types as ir

from clientela.contract.features import FEATURES
from clientela.features.cutoff import KnownRows
from clientela.features.expressions import Columns, double

DAYS_A_YEAR = 365.25  # with its leap days, in the Julian calendar's mean


def of_customers(known_rows: KnownRows) -> list[ir.Table]:
    """Return what is known of each customer; a signup or birth after ``as_of`` is not known.

    The list is empty where the firm has no table of customers.
    """
    if known_rows.customers is None:
        return []
    rows = known_rows.customers
    signup_days, birth_days = (
        known_rows.age_days(rows.signup_date),
        known_rows.age_days(rows.birth_date),
    )
    born = double(birth_days) / double(ibis.literal(DAYS_A_YEAR))
    described = rows.select(
        "customer_id",
        "gender",
        "region",
        age_years=(birth_days >= 0).ifelse(born, double(rows.age)),
        signup_days=(signup_days >= 0).ifelse(signup_days, ibis.null("int64")),
    )
    return [described]


def columns(customer: ir.Table) -> Columns:
    """Return the group's features."""
    missing = {
        feature.name: ibis.null(feature.dtype)
        for feature in FEATURES
        if feature.group == "attributes"
    }
    return missing | {name: customer[name] for name in missing if name in customer.columns}

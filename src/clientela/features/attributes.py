"""What is known of the customer besides purchases."""

import ibis
import ibis.expr.types as ir

from clientela.features.cutoff import Known
from clientela.features.expressions import Columns, double
from clientela.features.feature import Feature

FEATURES = (
    Feature("age_years", "float64", "years", "attributes", nullable=True),
    Feature("gender", "string", "", "attributes", nullable=True),
    Feature("region", "string", "", "attributes", nullable=True),
    Feature("signup_days", "int64", "days", "attributes", nullable=True),
)


DAYS_A_YEAR = 365.25


def of_customers(known: Known) -> list[ir.Table]:
    """Give what is known of each customer; a signup or birth after ``as_of`` is not known.

    The list is empty where the firm has no table of customers.
    """
    if known.customers is None:
        return []
    rows = known.customers
    signup_days, birth_days = known.age_days(rows.signup_date), known.age_days(rows.birth_date)
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
    """Give the group's features."""
    held = customer.columns
    return {f.name: customer[f.name] if f.name in held else ibis.null(f.dtype) for f in FEATURES}

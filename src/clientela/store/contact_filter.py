"""Who may be listed, and who at risk is worth a contact, by the columns of the database."""

from typing import Any

from sqlalchemy import Double, Integer, Text, case, cast, exists, func, literal_column, select
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema

PACE_DAYS = ("30", "365")  # within which a customer's pace is measured, as churn models do
USUAL_HORIZON_DAYS = "90"


def may_be_listed(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who must not be contacted, by what is known now, whatever run the rows are of."""
    contacts, run = schema.contacts, schema.current_run
    return ~exists().where(
        contacts.c.run_id == run.c.run_id,
        contacts.c.customer_id == customers.c.customer_id,
        contacts.c.suppressed,
    )


def worth_contacting(run_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Choose who is at risk and expected to lose us more than a contact costs.

    The limit of :func:`expected_loss` stands in the chosen row of ``churn_contacts``. Where no
    limit was learnt or no revenue is known, the high band is chosen.
    """
    steps, customers = schema.churn_contacts, schema.customers
    decisive = (steps.c.run_id == run_id) & steps.c.chosen
    limit = select(func.min(steps.c.threshold)).where(decisive).scalar_subquery()
    unknown = customers.c.revenue_365d.is_(None) | ~exists().where(decisive)
    high, medium = (literal_column(f"'{band}'", Text) for band in ("high", "medium"))
    pays = customers.c.churn_band.in_([high, medium]) & (expected_loss(run_id, customers) >= limit)
    return pays | (unknown & (customers.c.churn_band == high))


def expected_loss(run_id: ColumnElement[Any], customers: FromClause) -> ColumnElement[Any]:
    """Compute the money at stake: of leaving the probability, times what would be missed.

    A customer would bring in the horizon what the pace of the last year promises. Unknown where the
    probability or the revenue is.
    """
    horizons = schema.churn_horizons
    usual = select(func.max(horizons.c.horizon_days)).where(
        horizons.c.run_id == run_id, horizons.c.chosen
    )
    horizon = func.coalesce(usual.scalar_subquery(), literal_column(USUAL_HORIZON_DAYS, Integer))
    known_days = customers.c.tenure_days + literal_column("1", Integer)
    shortest, longest = (literal_column(days, Integer) for days in PACE_DAYS)
    days = case(
        (known_days < shortest, shortest), (known_days > longest, longest), else_=known_days
    )
    pace = customers.c.revenue_365d / cast(days, Double)
    return customers.c.churn_probability * pace * horizon

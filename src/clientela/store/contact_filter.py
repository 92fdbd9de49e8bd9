"""Who may be listed, by the columns of the database."""

from sqlalchemy import exists, or_, true
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema


def may_be_listed(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who must not be contacted, by what is known now, whatever run the rows are of."""
    contacts, run = schema.contacts, schema.current_run
    excluded = exists().where(schema.exclusions.c.customer_id == customers.c.customer_id)
    return (
        is_kept(customers)
        & ~excluded
        & ~exists().where(
            contacts.c.run_id == run.c.run_id,
            contacts.c.customer_id == customers.c.customer_id,
            or_(contacts.c.suppressed, contacts.c.no_profiling),
        )
    )


def is_kept(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who waits to be erased, from the moment of the request."""
    requests = schema.erasure_requests
    return ~exists().where(requests.c.customer_id == customers.c.customer_id)


def may_be_addressed(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who is held out of every campaign, as the customers of the same run say."""
    if customers is schema.customers:
        return schema.customers.c.held_out.is_not(true())
    people = schema.customers.alias("people")  # the list may join the customers itself
    return ~exists().where(
        people.c.run_id == customers.c.run_id,
        people.c.customer_id == customers.c.customer_id,
        people.c.held_out.is_(true()),
    )

"""Who may be listed, by the columns of the database."""

from sqlalchemy import exists, or_
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema


def may_be_listed(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who must not be contacted, by what is known now, whatever run the rows are of."""
    contacts, run = schema.contacts, schema.current_run
    return is_kept(customers) & ~exists().where(
        contacts.c.run_id == run.c.run_id,
        contacts.c.customer_id == customers.c.customer_id,
        or_(contacts.c.suppressed, contacts.c.no_profiling),
    )


def is_kept(customers: FromClause) -> ColumnElement[bool]:
    """Leave out who waits to be erased, from the moment of the request."""
    requests = schema.erasure_requests
    return ~exists().where(requests.c.customer_id == customers.c.customer_id)

"""Whom an audience names in a run, and who entered and left, in SQLAlchemy."""

import datetime as dt
from functools import partial
from typing import Literal

import msgspec
from sqlalchemy import exists, literal, select, true
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema
from clientela.store.change_queries import select_changes
from clientela.store.contact_filter import may_be_listed
from clientela.store.filter_compile import compile_filter
from clientela.store.filter_queries import page_customers
from clientela.store.filter_text import read_filter
from clientela.store.queries import RUN_ID, Query

Channel = Literal["email", "whatsapp"]


class AudienceDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person or a file says of an audience.

    Parameters
    ----------
    name : str
        What people call it; no two have the same.
    filter : str
        Whom it names, as :mod:`clientela.store.filters` reads it.
    channel : "email" or "whatsapp", optional
        Who consented to it alone.
    frozen : bool
        Whether the people of the day stay; else it follows each run.
    """

    name: str
    filter: str
    channel: Channel | None = None
    frozen: bool = False


class Audience(AudienceDraft, frozen=True, kw_only=True):
    """A saved filter, or the people it named on a day; its fields are those of ``audiences``."""

    audience_id: str
    declared: bool
    created_by: str
    created_at: dt.datetime
    changed_at: dt.datetime


def select_audiences() -> Query:
    """Ask for all audiences, by name."""
    audiences = schema.audiences
    return select(*audiences.columns).order_by(audiences.c.name, audiences.c.audience_id)


def narrow_to_audience(
    audience: Audience,
    customers: FromClause,
    run: ColumnElement[str],
    dialect: str,
    *,
    frozen: bool,
) -> list[ColumnElement[bool]]:
    """Return who of a run belongs to an audience, and may be addressed.

    Who must not be contacted, who did not consent to its channel and who is held out of every
    campaign never belongs to it, by what is known now.

    Parameters
    ----------
    customers : FromClause
        The table ``customers`` or an alias of it.
    run : ColumnElement
        The run whose rows they are.
    frozen : bool
        Whether those count who were frozen, rather than the filter.
    """
    conditions = [may_be_listed(customers), customers.c.held_out.is_not(true())]
    if audience.channel is not None:
        conditions.append(_consents(customers, audience.channel))
    if not frozen:
        return [*conditions, compile_filter(read_filter(audience.filter), customers, dialect, run)]
    members = schema.audience_members
    return [
        *conditions,
        exists().where(
            members.c.audience_id == literal(audience.audience_id),
            members.c.customer_id == customers.c.customer_id,
        ),
    ]


def _consents(customers: FromClause, channel: Channel) -> ColumnElement[bool]:
    contacts = schema.contacts
    return exists().where(
        contacts.c.customer_id == customers.c.customer_id,
        contacts.c[f"consent_{channel}"].is_(true()),
    )


def select_members(audience: Audience, dialect: str, *, after: bool) -> Query:
    """Ask for an audience's customers of a run, the largest expected revenue first."""
    narrowed = narrow_to_audience(
        audience, schema.customers, RUN_ID, dialect, frozen=audience.frozen
    )
    return page_customers(narrowed, "-expected_revenue", after=after)


def select_audience_changes(audience: Audience, dialect: str, *, after: bool = False) -> Query:
    """Ask who entered an audience and who left it between a run bound as ``since`` and another."""
    narrow = partial(narrow_to_audience, audience, dialect=dialect, frozen=audience.frozen)
    return select_changes(schema.customers, narrow, after=after)


def select_sizes() -> Query:
    """Ask for the sizes of all audiences in the runs, the earliest first."""
    sizes = schema.audience_sizes
    return select(*sizes.columns).order_by(sizes.c.audience_id, sizes.c.run_id)

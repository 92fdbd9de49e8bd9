"""What readers ask, in SQLAlchemy; compiled for each database once."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Double,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.store import schema
from clientela.store.contact_filter import is_kept, may_be_addressed, may_be_listed
from clientela.store.row_types import SegmentRow

Query = Select[*tuple[Any, ...]]

_LONG = (
    schema.customers,
    schema.no_purchases,
    schema.quarantine,
    schema.programme_members,
    schema.answers,
    schema.contacts,
    schema.run_files,
)
LISTED = tuple(table for table in schema.OF_A_RUN if table not in _LONG)  # short, read at once
CANDIDATE = "candidate"
# Files of a run whose version tells that its ids were replaced, or that others may be listed
IDS, LISTING = "ids", "listing"
MOST_DECISIONS = 20  # by convention: what a screen holds; the table has them all
BESIDE_MEMBERS = ("churn_probability", "churn_band", "next_order")

NO_OFFSET = literal_column("0", Integer)  # else SQLAlchemy adds a parameter of its own
RUN_ID: ColumnElement[Any] = bindparam("run_id", type_=Text)

_ONE = schema.customers.c.customer_id == bindparam("id")
_OF_SEGMENT = schema.customers.c.segment == bindparam("part")
_OF_ACTION = schema.customers.c.actions.contains(bindparam("part", type_=Text))
_OF_STATUS = schema.programme_members.c.status == bindparam("part")
_IS_CANDIDATE = schema.programme_members.c.status == literal_column(f"'{CANDIDATE}'")
_NO_CANDIDATE = ~_IS_CANDIDATE  # members keep their place, which was promised


def every(dialect: str) -> dict[str, Query]:
    """Return every query by its name."""
    customers, members = schema.customers, schema.programme_members
    return {
        "current_run_id": _current_run_id(),
        "run": _run(),
        "runs": _runs(),
        "lookup_one": _look_up(_list_segment_columns(), _ONE),
        "lookup_many": _look_up(_list_segment_columns(), _among(dialect)),
        "segmented": _segments_after(),
        "no_purchases": _no_purchases(dialect),
        "customer": _look_up(_without_run(customers), _ONE),
        "contacts": _contacts(dialect),
        "suppressed": _suppressed(),
        "tags_of": _tags_of(dialect),
        "excluded": select(schema.exclusions.c.customer_id),
        "has_contacts": select(exists().select_from(schema.contacts)),
        "customers_with_ids": _look_up(_without_run(customers), _among(dialect)),
        "customers_of_run": _customers_of_run(dialect),
        "state": _state(),
        "file_versions": _file_versions(),
        "file_part": _file_part(),
        "has_customers": _has_customers(),
        "was_replaced": _was_replaced(),
        "live_key": _live_key(),
        "live_session": _live_session(),
        "user": _user(),
        "has_users": select(exists().select_from(schema.users)),
        "has_callers": _has_callers(),
        "open_alerts": _open_alerts(),
        "decisions": _decisions(),
        "member_counts": _member_counts(),
        "answers": _answers(),
        "at_risk_count": _at_risk_count(),
        **_pages("customers", customers, is_kept(customers)),
        **_pages("customers_of_part", customers, _OF_SEGMENT, may_be_listed(customers)),
        **_pages("members", members, _NO_CANDIDATE, may_be_listed(members)),
        **_pages("members_of_part", members, _OF_STATUS, may_be_listed(members)),
        **_pages_by_value("action_of_part", customers, _OF_ACTION),
        **_pages_by_value("segment_of_part", customers, _OF_SEGMENT, may_be_addressed(customers)),
        **_pages_by_value("insiders", members, _NO_CANDIDATE),
        **_pages_by_value(
            "insiders_of_part", members, _OF_STATUS, or_(~_IS_CANDIDATE, may_be_addressed(members))
        ),
        **_pages_by_propensity(dialect),
        **_pages_at_risk(),
        **{table.name: select_rows(table) for table in LISTED},
    }


def page_name(name: str, *, of_part: bool = False, after: bool) -> str:
    """Name the query of the first page of a list or of a part of it, or of a page after an id.

    Examples
    --------
    >>> page_name("members", of_part=True, after=True)
    'members_of_part_after'
    """
    return f"{name}{'_of_part' if of_part else ''}{'_after' if after else ''}"


def _current_run_id() -> Query:
    """Ask which run is published, and what changed in it since: the ids, who may be listed."""
    run, files = schema.current_run, schema.run_files
    versions = [
        select(files.c.version)
        .where(files.c.run_id == run.c.run_id, files.c.name == literal_column(f"'{name}'"))
        .scalar_subquery()
        .label(name)
        for name in (IDS, LISTING)
    ]
    return select(run.c.run_id, *versions)


def _run() -> Query:
    """Ask for one run's record."""
    return select(*schema.runs.columns).where(schema.runs.c.run_id == RUN_ID)


def _runs() -> Query:
    """Ask for the latest records."""
    newest_first = select(*schema.runs.columns).order_by(schema.runs.c.run_id.desc())
    return newest_first.limit(bindparam("limit")).offset(NO_OFFSET)


def select_rows(table: Table) -> Query:
    """Ask for a run's rows of a table."""
    return select(*_without_run(table)).where(table.c.run_id == RUN_ID)


def select_place() -> Query:
    """Ask for what a customer is to the programme in a run, and why."""
    table = schema.programme_members
    return select_rows(table).where(table.c.customer_id == bindparam("customer_id", type_=Text))


def _answers() -> Query:
    """Ask for the report's answers of a run in a language, in order."""
    answers = schema.answers
    return (
        select(*_without_run(answers))
        .where(answers.c.run_id == RUN_ID, answers.c.lang == bindparam("lang"))
        .order_by(answers.c.position)
    )


def _look_up(columns: list[ColumnElement[Any]], condition: ColumnElement[bool]) -> Query:
    """Ask for the current run and columns of the customers asked for; at least one row."""
    run, customers = schema.current_run, schema.customers
    matches = (customers.c.run_id == run.c.run_id) & condition & is_kept(customers)
    return select(run.c.run_id, *columns).join_from(run, customers, matches, isouter=True)


def _segments_after() -> Query:
    """Ask for the segments of a run's customers after an id, in the order of their ids."""
    customers = schema.customers
    return (
        select(*_list_segment_columns())
        .where(customers.c.run_id == RUN_ID, customers.c.customer_id > bindparam("after"))
        .where(is_kept(customers))
        .order_by(customers.c.customer_id)
        .limit(bindparam("limit"))
        .offset(NO_OFFSET)
    )


def _no_purchases(dialect: str) -> Query:
    """Ask which ids the current run knows without a sale."""
    run, customer = schema.current_run, schema.no_purchases
    return (
        select(customer.c.customer_id)
        .join_from(run, customer, customer.c.run_id == run.c.run_id)
        .where(customer.c.customer_id.in_(select(_ids(dialect).c.value)))
    )


def _pages(name: str, table: Table, *narrowed: ColumnElement[bool]) -> dict[str, Query]:
    """Ask for a run's rows in the order of their ids, from the first or after one."""
    first = select_rows(table).where(*narrowed).order_by(table.c.customer_id)
    first = first.limit(bindparam("limit")).offset(NO_OFFSET)
    later = first.where(table.c.customer_id > bindparam("after"))
    return {page_name(name, after=False): first, page_name(name, after=True): later}


def _pages_by_value(name: str, table: Table, *narrowed: ColumnElement[bool]) -> dict[str, Query]:
    """Ask for a run's rows for people, who is expected to bring most first.

    Members come with what the customers' table says of their risk and next order.
    """
    first = select_rows(table).where(*narrowed, may_be_listed(table))
    if table is not schema.customers:
        customers = schema.customers
        same = (customers.c.run_id == table.c.run_id) & (
            customers.c.customer_id == table.c.customer_id
        )
        first = first.add_columns(*(customers.c[name] for name in BESIDE_MEMBERS))
        first = first.join_from(table, customers, same, isouter=True)
    nothing = literal_column("-1.0", Double)
    return _order_by(
        name, first, table, lambda rows: func.coalesce(rows.c.expected_revenue, nothing)
    )


def _pages_by_propensity(dialect: str) -> dict[str, Query]:
    """Ask for who could take a step and may be addressed, the likeliest first."""
    customers = schema.customers
    target: ColumnElement[Any] = bindparam("part", type_=Text)

    def read_chance(rows: FromClause) -> ColumnElement[Any]:
        if dialect == "sqlite":  # its JSON paths find no name that holds quotes
            chances = func.json_each(rows.c.propensities).table_valued("key", "value")
            return (
                select(chances.c.value)
                .where(chances.c.key == target)
                .correlate(rows)
                .scalar_subquery()
            )
        chance = func.json_extract_path_text(cast(rows.c.propensities, JSON), target)
        return cast(chance, Double)

    chance = read_chance(customers)
    first = select_rows(customers).add_columns(chance.label("propensity"))
    first = first.where(chance.is_not(None), may_be_listed(customers), may_be_addressed(customers))
    return _order_by("propensity_of_part", first, customers, read_chance)


def _order_by(
    name: str,
    rows: Query,
    table: Table,
    read_value: Callable[[FromClause], ColumnElement[Any]],
) -> dict[str, Query]:
    """Ask for rows by falling value, then by id, from the first or after one."""
    last, value = table.alias("last"), read_value(table)
    after: ColumnElement[Any] = bindparam("after", type_=Text)
    first = rows.order_by(value.desc(), table.c.customer_id)
    first = first.limit(bindparam("limit")).offset(NO_OFFSET)
    reached = (
        select(read_value(last))
        .where(last.c.run_id == RUN_ID, last.c.customer_id == after)
        .scalar_subquery()
    )
    later = first.where((value < reached) | ((value == reached) & (table.c.customer_id > after)))
    return {page_name(name, after=False): first, page_name(name, after=True): later}


def _pages_at_risk() -> dict[str, Query]:
    """Ask for a run's customers to contact in their order, from the first or after one."""
    customers, last = schema.customers, schema.customers.alias("last")
    after: ColumnElement[Any] = bindparam("after", type_=Text)
    listed = customers.c.contact_rank.is_not(None) & may_be_listed(customers)
    first = select_rows(customers).where(listed).order_by(customers.c.contact_rank)
    first = first.limit(bindparam("limit")).offset(NO_OFFSET)
    reached = (
        select(last.c.contact_rank)
        .where(last.c.run_id == RUN_ID, last.c.customer_id == after)
        .scalar_subquery()
    )
    later = first.where(customers.c.contact_rank > reached)
    return {page_name("at-risk", after=False): first, page_name("at-risk", after=True): later}


def _member_counts() -> Query:
    """Ask how many customers of a run have each status."""
    status = schema.programme_members.c.status
    counted = select(status, func.count().label("customers"))
    return counted.where(schema.programme_members.c.run_id == RUN_ID).group_by(status)


def _at_risk_count() -> Query:
    """Ask how many customers of a run are at risk and worth contacting."""
    customers = schema.customers
    counted = select(func.count().label("customers")).select_from(customers)
    listed = customers.c.contact_rank.is_not(None) & may_be_listed(customers)
    return counted.where(customers.c.run_id == RUN_ID, listed)


def _contacts(dialect: str) -> Query:
    """Ask how the customers asked for are reached; a suppressed one is not."""
    contacts = schema.contacts
    among = contacts.c.customer_id.in_(select(_ids(dialect).c.value))
    excluded = exists().where(schema.exclusions.c.customer_id == contacts.c.customer_id)
    listed = contacts.c.suppressed.is_not(true()) & is_kept(contacts) & ~excluded
    return select(*_without_run(contacts)).where(among, listed)


def _tags_of(dialect: str) -> Query:
    """Ask for the tags of the customers asked for, a row each."""
    tags = schema.customer_tags
    among = tags.c.customer_id.in_(select(_ids(dialect).c.value))
    return select(tags.c.customer_id, tags.c.tag).where(among, tags.c.removed_in.is_(None))


def _state() -> Query:
    """Ask for the published run and its versions, the last receipt of an erasure, and who waits.

    A row for each who waits to be erased, one where nobody does.
    """
    requests, run = schema.erasure_requests, schema.current_run
    last = select(func.max(schema.erasures.c.position)).scalar_subquery()
    pointer = _current_run_id().add_columns(last.label("last"), requests.c.customer_id)
    return pointer.join_from(run, requests, true(), isouter=True)


def _customers_of_run(dialect: str) -> Query:
    """Ask for customers of one run by their ids."""
    customers = schema.customers
    return select_rows(customers).where(_among(dialect), is_kept(customers))


def _file_versions() -> Query:
    """Ask for the current run with the versions of its files, at least one row."""
    run, files = schema.current_run, schema.run_files
    first = (files.c.run_id == run.c.run_id) & (files.c.part == literal_column("0", Integer))
    return select(run.c.run_id, files.c.name, files.c.version).join_from(
        run, files, first, isouter=True
    )


def _file_part() -> Query:
    """Ask for one part of a run's file."""
    files = schema.run_files
    this = (files.c.name == bindparam("name")) & (files.c.part == bindparam("part", type_=Integer))
    return select(files.c.content).where(files.c.run_id == RUN_ID, this)


def _suppressed() -> Query:
    """Ask who wants to be on no list, or not to be profiled."""
    contacts = schema.contacts
    unlisted = or_(contacts.c.suppressed, contacts.c.no_profiling)
    return select(contacts.c.customer_id).where(unlisted)


def _has_customers() -> Query:
    """Ask whether a run's customers are still kept."""
    return select(exists().where(schema.customers.c.run_id == RUN_ID))


def _was_replaced() -> Query:
    """Ask whether an id is nobody's in a run because all were replaced since its publishing."""
    customers, files = schema.customers, schema.run_files
    is_known = exists().where(customers.c.run_id == RUN_ID, _ONE)
    of_ids = files.c.name == literal_column(f"'{IDS}'")
    return select(exists().where(files.c.run_id == RUN_ID, of_ids) & ~is_known)


def _live_key() -> Query:
    """Ask for one key that is not revoked; whether it has ended, the clock says."""
    keys = schema.api_keys
    this = keys.c.key_id == bindparam("key_id")
    return select(*keys.columns).where(this, keys.c.revoked_at.is_(None))


def _live_session() -> Query:
    """Ask whose session it is, with the roles of this moment; nobody's where that user may not."""
    users, sessions = schema.users, schema.sessions
    this = sessions.c.hash == bindparam("hash")
    fields = [users.c.user_id, users.c.name, users.c.roles]
    moments = [sessions.c.created_at, sessions.c.expires_at]
    joined = sessions.join(users, users.c.user_id == sessions.c.user_id)
    enabled = users.c.disabled_at.is_(None)
    return select(*fields, *moments).select_from(joined).where(this, enabled)


def _user() -> Query:
    """Ask for one user, who may be disabled."""
    return select(*schema.users.columns).where(schema.users.c.user_id == bindparam("user_id"))


def _has_callers() -> Query:
    """Ask whether there is any key or user."""
    any_key, any_user = (exists().select_from(table) for table in (schema.api_keys, schema.users))
    return select(or_(any_key, any_user))


def _open_alerts() -> Query:
    """Ask for the alerts that are not over, oldest first."""
    alerts = schema.alerts
    open_ones = select(*alerts.columns).where(alerts.c.closed_at.is_(None))
    return open_ones.order_by(alerts.c.position)


def _decisions() -> Query:
    """Ask for the latest decisions about models, segments and rules, the latest first."""
    newest = schema.decisions.c.position.desc()
    limit = literal_column(str(MOST_DECISIONS), Integer)
    return select(*schema.decisions.columns).order_by(newest).limit(limit).offset(NO_OFFSET)


def _list_segment_columns() -> list[ColumnElement[Any]]:
    return [schema.customers.c[name] for name in SegmentRow._fields]


def _without_run(table: Table) -> list[ColumnElement[Any]]:
    return [column for column in table.columns if column.name != "run_id"]


def _among(dialect: str) -> ColumnElement[bool]:
    return schema.customers.c.customer_id.in_(select(_ids(dialect).c.value))


def _ids(dialect: str) -> FromClause:
    """Make a table of the ids asked for: a JSON text for SQLite, an array for PostgreSQL."""
    if dialect == "sqlite":
        return func.json_each(bindparam("ids", type_=Text)).table_valued("value")
    return func.unnest(bindparam("ids", type_=ARRAY(Text))).table_valued("value").render_derived()

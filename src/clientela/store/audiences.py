"""Audiences as they are kept: created, changed, removed, and measured with every run.

The definition belongs to no run. Each run that is published writes one row of sizes an audience.
"""

import datetime as dt
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import (
    Connection,
    Table,
    Text,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from clientela.errors import ConfigError, InputError
from clientela.store import schema
from clientela.store.audience_queries import (
    Audience,
    AudienceDraft,
    Channel,
    narrow_to_audience,
    select_audience_changes,
    select_audiences,
)
from clientela.store.connect import connect_to_read, is_absent, transaction
from clientela.store.filter_attributes import (
    KINDS,
    Kind,
    check_attributes,
    list_attribute_names,
    select_attribute,
)
from clientela.store.filter_checks import Scalar, check_sets
from clientela.store.filter_queries import count_customers, select_attribute_line
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    BOUGHT,
    PERIODS,
    Condition,
    check_attribute_values,
    list_attributes,
    list_conditions,
    list_sets,
    read_past,
    write_filter,
)
from clientela.store.lock import lock
from clientela.store.queries import RUN_ID

ID_BYTES = 6  # by convention: 48 bits name an audience apart
LONGEST_NAME = 100  # by convention: a line of a list
MOST_CHANGES = 2**31 - 1  # all of them are counted, in the database
_OWNED: tuple[Table, ...] = (schema.audience_members, schema.audience_sizes)


def read_declared(path: str | None) -> dict[str, AudienceDraft]:
    """Read the audiences of a file, by their ids; none where no file is configured.

    Raises
    ------
    ConfigError
        The file cannot be read, or an audience of it is not understood.
    """
    if path is None:
        return {}
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
        drafts = msgspec.convert(content, dict[str, AudienceDraft])
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the audiences cannot be read: {error}",
            where=path,
            do="write [ID] with name and filter, and channel and frozen where wanted",
        ) from None
    names = [draft.name for draft in drafts.values()]
    if len(set(names)) < len(names):
        raise ConfigError("two audiences have one name", where=path, do="rename one of them")
    for key, draft in drafts.items():
        with _name_draft(path, key):
            _check_draft(draft)
    return drafts


def load_declared(path: str | None, url: str, run_id: str) -> dict[str, AudienceDraft]:
    """Read the audiences of a file for a run to come; errors are those of both checks."""
    drafts = read_declared(path)
    check_declared_sets(drafts, path, url, run_id)
    return drafts


def check_declared(
    drafts: Mapping[str, AudienceDraft], path: str | None, kinds: Mapping[str, Kind]
) -> None:
    """Raise if an audience of a file asks of attributes what the firm's customers do not have.

    Raises
    ------
    ConfigError
        One does.
    """
    for key, draft in drafts.items():
        with _name_draft(path, key):
            check_attribute_values(read_filter(draft.filter), kinds)


def check_declared_sets(
    drafts: Mapping[str, AudienceDraft], path: str | None, url: str, run_id: str
) -> None:
    """Raise if an audience of a file asks for an experiment, a day or a run that is not there.

    Periods such as ``past.30_days`` are not looked up: they come as runs do.

    Parameters
    ----------
    run_id : str
        Of the run to come, before which the past lies.

    Raises
    ------
    ConfigError
        One does.
    """
    sets_by_audience = {key: list_sets(read_filter(draft.filter)) for key, draft in drafts.items()}
    named = {key: list(filter(_names_one, sets)) for key, sets in sets_by_audience.items()}
    if not any(named.values()):
        return
    if is_absent(url):
        _check_named(named, path, lambda query: None, "sqlite")
        return
    with connect_to_read(url, migrate=True) as connection:
        dialect = connection.dialect.name
        _check_named(
            named, path, lambda query: connection.scalar(query, {"run_id": run_id}), dialect
        )


def _names_one(condition: Condition) -> bool:
    """Return whether a condition names an experiment, a day or a run, and no period."""
    past = read_past(condition.column)
    return past is None or past[0] not in PERIODS


def _check_named(
    named: Mapping[str, list[Condition]], path: str | None, ask: Scalar, dialect: str
) -> None:
    for key, conditions in named.items():
        for condition in conditions:
            with _name_draft(path, key):
                check_sets(condition, ask, dialect)


@contextmanager
def _name_draft(path: str | None, key: str) -> Iterator[None]:
    """Say in which file, and of which audience, something is wrong."""
    try:
        yield
    except InputError as error:
        raise ConfigError(str(error.what), where=f"{path} [{key}]", do=error.do) from None


def create_audience(url: str, draft: AudienceDraft, by: str, now: dt.datetime) -> str:
    """Store an audience, measure it in the published run and return its id.

    Raises
    ------
    InputError
        The filter is none, the name is taken, or nobody's consent to the channel is known.
    """
    _check_draft(draft)
    audience_id = secrets.token_hex(ID_BYTES)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        _check_name(connection, draft.name, audience_id)
        _check_channel(connection, draft.channel)
        _check_attributes(connection, draft.filter)
        _check_sets(connection, draft.filter)
        _insert(connection, audience_id, draft, by, now, declared=False)
        _measure_now(connection, _load(connection, audience_id))
    return audience_id


def change_audience(url: str, audience_id: str, draft: AudienceDraft, now: dt.datetime) -> None:
    """Replace what an audience says; who belongs to it is asked and, if frozen, frozen anew.

    With another filter or channel its past sizes go, which were those of other people.

    Raises
    ------
    InputError
        As for a new one; or there is no such audience, or a file declares it.
    """
    _check_draft(draft)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        before = _load_own(connection, audience_id)
        _check_name(connection, draft.name, audience_id)
        _check_channel(connection, draft.channel)
        _check_attributes(connection, draft.filter)
        _check_sets(connection, draft.filter)
        table = schema.audiences
        values = _list_values(draft) | {"changed_at": now}
        connection.execute(update(table).where(table.c.audience_id == audience_id).values(values))
        after = _load(connection, audience_id)
        if _list_identity(before) != _list_identity(after):
            _forget(connection, audience_id)
            _measure_now(connection, after)


def remove_audience(url: str, audience_id: str) -> None:
    """Delete an audience with its people and sizes.

    Raises
    ------
    InputError
        There is no such audience, or a file declares it.
    """
    with transaction(url, migrate=False) as connection:
        lock(connection)
        _load_own(connection, audience_id)
        _delete(connection, audience_id)


def publish_audiences(
    connection: Connection,
    declared: Mapping[str, AudienceDraft],
    run_id: str,
    previous_run_id: str | None,
    now: dt.datetime,
) -> None:
    """Take over the declared audiences and measure all of them, inside a publishing transaction."""
    existing = {audience.audience_id: audience for audience in _load_all(connection)}
    for audience_id, audience in existing.items():
        draft = declared.get(audience_id)
        if audience.declared and (draft is None or _list_draft(audience) != _list_values(draft)):
            _delete(connection, audience_id)
    remaining = {audience.audience_id for audience in _load_all(connection)}
    for audience_id, draft in declared.items():
        if audience_id not in remaining:
            _check_name(connection, draft.name, audience_id)
            _insert(connection, audience_id, draft, "audiences.toml", now, declared=True)
    for audience in _load_all(connection):
        if audience.audience_id not in remaining:
            _freeze(connection, audience, run_id)
        _measure(connection, audience, run_id, previous_run_id)


def _check_draft(draft: AudienceDraft) -> None:
    if not 0 < len(draft.name.strip()) <= LONGEST_NAME or not draft.name.isprintable():
        raise InputError(
            f"an audience needs a name of up to {LONGEST_NAME} letters",
            where="name",
            do="say in a few words who they are",
        )
    tree = read_filter(draft.filter)
    if any(condition.column == BOUGHT for condition in list_conditions(tree)):
        raise InputError(
            "an audience cannot ask what was bought: earlier runs do not know it",
            where="filter",
            do="use the filter itself, or a category's propensity",
        )


def _check_name(connection: Connection, name: str, audience_id: str) -> None:
    table = schema.audiences
    taken = exists().where(table.c.name == name, table.c.audience_id != audience_id)
    if connection.scalar(select(taken)):
        raise InputError(
            f"there is an audience '{name}' already",
            where="name",
            do="give this one another name, or change the old one",
        )


def _check_attributes(connection: Connection, text: str) -> None:
    """Raise unless the published run has what a filter asks of attributes."""
    tree = read_filter(text)
    attributes = {name for name, _ in list_attributes(tree)}
    if not attributes:
        return
    run_id = connection.scalar(select(schema.current_run.c.run_id))
    line = connection.execute(select_attribute_line(), {"run_id": run_id}).scalar()
    names = list_attribute_names(line)
    check_attributes(attributes, names)
    kinds: dict[str, Kind] = {}
    for name in attributes:
        for kind in KINDS:  # texts last: they decide where there are both, as in the run's file
            of_kind = select_attribute(schema.customers, name, kind, connection.dialect.name)
            has_any = exists().where(schema.customers.c.run_id == run_id, of_kind.is_not(None))
            if connection.scalar(select(has_any)):
                kinds[name] = kind
    check_attribute_values(tree, kinds)


def _check_sets(connection: Connection, text: str) -> None:
    """Raise unless each experiment of a filter is there, and a run of each past is kept."""
    run_id = connection.scalar(select(schema.current_run.c.run_id))
    check_sets(
        read_filter(text),
        lambda query: connection.scalar(query, {"run_id": run_id}),
        connection.dialect.name,
    )


def _check_channel(connection: Connection, channel: Channel | None) -> None:
    if channel is None:
        return
    consents = schema.contacts.c[f"consent_{channel}"].is_(true())
    if not connection.scalar(select(exists().where(consents))):
        raise InputError(
            f"nobody's consent to {channel} is known, so the audience would be empty",
            where="channel",
            do="leave the channel out, or name the column of consent in [source.contacts]",
        )


def _list_values(draft: AudienceDraft) -> dict[str, object]:
    text = write_filter(read_filter(draft.filter))
    return {
        "name": draft.name.strip(),
        "filter": text,
        "channel": draft.channel,
        "frozen": draft.frozen,
    }


def _list_draft(audience: Audience) -> dict[str, object]:
    return {name: getattr(audience, name) for name in ("name", "filter", "channel", "frozen")}


def _list_identity(audience: Audience) -> tuple[object, ...]:
    return audience.filter, audience.channel, audience.frozen


def _insert(
    connection: Connection,
    audience_id: str,
    draft: AudienceDraft,
    by: str,
    now: dt.datetime,
    *,
    declared: bool,
) -> None:
    moments = {"created_at": now, "changed_at": now}
    record = {"audience_id": audience_id, "declared": declared, "created_by": by}
    connection.execute(insert(schema.audiences), record | moments | _list_values(draft))


def _load_all(connection: Connection) -> list[Audience]:
    rows = connection.execute(select_audiences())
    return [Audience(**{str(name): row[name] for name in row}) for row in rows.mappings()]


def _load(connection: Connection, audience_id: str) -> Audience:
    for audience in _load_all(connection):
        if audience.audience_id == audience_id:
            return audience
    raise refuse_unknown(audience_id)


def refuse_unknown(audience_id: str) -> InputError:
    """Return the error of an audience that is not there."""
    return InputError(
        f"there is no audience '{audience_id}'", do="see their ids in GET /v1/audiences"
    )


def _load_own(connection: Connection, audience_id: str) -> Audience:
    audience = _load(connection, audience_id)
    if audience.declared:
        raise InputError(
            f"the audience '{audience.name}' is declared in a file",
            where=audience_id,
            do="change it in audiences.toml; the next run takes it over",
        )
    return audience


def _delete(connection: Connection, audience_id: str) -> None:
    _forget(connection, audience_id)
    table = schema.audiences
    connection.execute(delete(table).where(table.c.audience_id == audience_id))


def _forget(connection: Connection, audience_id: str) -> None:
    for table in _OWNED:
        connection.execute(delete(table).where(table.c.audience_id == audience_id))


def _measure_now(connection: Connection, audience: Audience) -> None:
    """Freeze and measure an audience in the published run, where there is one."""
    run_id = connection.scalar(select(schema.current_run.c.run_id))
    if run_id is not None:
        _freeze(connection, audience, run_id)
        _measure(connection, audience, run_id, None)


def _freeze(connection: Connection, audience: Audience, run_id: str) -> None:
    if not audience.frozen:
        return
    customers, name = schema.customers, connection.dialect.name
    run = literal(run_id, Text)
    narrowed = narrow_to_audience(audience, customers, run, name, frozen=False)
    people = select(literal(audience.audience_id, Text), customers.c.customer_id).where(
        customers.c.run_id == run, *narrowed
    )
    columns = ["audience_id", "customer_id"]
    connection.execute(insert(schema.audience_members).from_select(columns, people))


def _measure(
    connection: Connection, audience: Audience, run_id: str, previous_run_id: str | None
) -> None:
    """Write how many an audience names in a run, their money, and how many entered and left."""
    name, table = connection.dialect.name, schema.audience_sizes
    narrowed = narrow_to_audience(audience, schema.customers, RUN_ID, name, frozen=audience.frozen)
    size = connection.execute(count_customers(narrowed), {"run_id": run_id}).one()
    as_of = connection.scalar(select(schema.runs.c.as_of).where(schema.runs.c.run_id == run_id))
    values = {
        "audience_id": audience.audience_id,
        "run_id": run_id,
        "as_of": as_of,
        "customers": size.customers,
        "revenue": size.revenue or 0.0,
        "expected_revenue": size.expected_revenue,
        "entered": None,
        "left": None,
    }
    kept = previous_run_id is not None and connection.scalar(
        select(exists().where(schema.customers.c.run_id == previous_run_id))
    )
    if kept:
        changes = select_audience_changes(audience, name).subquery()
        counted = select(changes.c.change, func.count()).group_by(changes.c.change)
        bound = {"run_id": run_id, "since": previous_run_id, "limit": MOST_CHANGES}
        rows = connection.execute(counted, bound)
        counts = {str(change): customers for change, customers in rows}
        values |= {change: counts.get(change, 0) for change in ("entered", "left")}
    connection.execute(insert(table), values)

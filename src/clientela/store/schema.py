"""The tables of the results database in SQLAlchemy, as ``contract.results`` declares.

Each column carries its unit in ``info["unit"]``, the key of its meaning in ``info["meaning"]``
and, where readers get its text parsed, ``info["json"]``.
"""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    column,
)
from sqlalchemy.types import TypeEngine

from clientela.contract import tables as contract
from clientela.contract.result_table import ResultTable
from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import DType


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: written in UTC, read as an aware datetime, also on SQLite, which knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Bring a moment to UTC; one without a zone is an error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Make a stored moment aware."""
        return None if value is None else as_utc(value)


def as_utc(value: dt.datetime) -> dt.datetime:
    """Return a moment in UTC; one without a zone is UTC already.

    Examples
    --------
    >>> as_utc(dt.datetime(2011, 12, 9, 12, 50)).isoformat()
    '2011-12-09T12:50:00+00:00'
    """
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


MONEY = Numeric(18, 4, asdecimal=False)
ID = Text().with_variant(Text(collation="C"), "postgresql")  # one order on every database

SQL_TYPES: dict[DType, TypeEngine[Any]] = {
    "string": Text(),
    "id": ID,
    "json": Text(),
    "binary": LargeBinary(),
    "int64": BigInteger(),
    "float64": Double(),
    "boolean": Boolean(),
    "date": Date(),
    "timestamp": UtcDateTime(),
    contract.MONEY: MONEY,
}

OWNERS = {
    "run_id": "runs.run_id",
    "experiment_id": "experiments.experiment_id",
    "audience_id": "audiences.audience_id",
}
"""What rows belong to, the same for all that are loaded at once."""

REFERENCES = {("current_run", "run_id"): "runs", ("segment_migrations", "previous_run_id"): "runs"}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def sqlalchemy_table(table: ResultTable) -> Table:
    """Return the SQLAlchemy table of a declared one, registered in :data:`metadata`.

    Examples
    --------
    >>> [column.name for column in metadata.tables["current_run"].columns]
    ['id', 'run_id']
    """
    parts: list[Any] = [_owner_column(table)] if table.owner else []
    parts += [_column(table, column) for column in table.columns]
    options: dict[str, Any] = {
        "info": {"order": table.order or table.key, "private": table.private}
    }
    if table.index:
        parts.append(Index(None, table.owner, *table.index))
        options["sqlite_with_rowid"] = False
    if table.rank:
        listed = column(table.rank).is_not(None)
        parts.append(
            Index(None, table.owner, table.rank, sqlite_where=listed, postgresql_where=listed)
        )
    return Table(table.name, metadata, *parts, **options)


def _owner_column(table: ResultTable) -> Column[Any]:
    """Return the column of the owner: part of the key, or indexed where there is none."""
    parts = [] if table.index else [ForeignKey(OWNERS[table.owner])]
    info = {"unit": "", "meaning": f"store.{table.name}.{table.owner}"}
    options: dict[str, Any] = {"primary_key": True} if table.key else {"index": True}
    return Column(table.owner, ID, *parts, nullable=False, info=info, **options)


def _column(table: ResultTable, column: contract.Column) -> Column[Any]:
    target = REFERENCES.get((table.name, column.name))
    return Column(
        column.name,
        SQL_TYPES[column.dtype],
        *([ForeignKey(f"{target}.run_id")] if target else []),
        primary_key=column.key,
        autoincrement=False,  # the database never fills a key by itself
        nullable=column.nullable,
        info={
            "unit": column.unit,
            "meaning": table.meaning_key(column),
            "json": column.dtype == "json",
            "since": column.since,
        },
    )


_TABLES = {table.name: sqlalchemy_table(table) for table in RESULT_TABLES}

OF_A_RUN = tuple(_TABLES[table.name] for table in RESULT_TABLES if table.owner == "run_id")
"""What a run publishes beside its own record."""

actions = _TABLES["actions"]
alerts = _TABLES["alerts"]
answers = _TABLES["answers"]
api_keys = _TABLES["api_keys"]
audience_members = _TABLES["audience_members"]
audience_sizes = _TABLES["audience_sizes"]
audiences = _TABLES["audiences"]
churn_contacts = _TABLES["churn_contacts"]
churn_horizons = _TABLES["churn_horizons"]
contacts = _TABLES["contacts"]
current_run = _TABLES["current_run"]
customer_map = _TABLES["customer_map"]
customers = _TABLES["customers"]
decisions = _TABLES["decisions"]
erasure_requests = _TABLES["erasure_requests"]
erasures = _TABLES["erasures"]
experiment_members = _TABLES["experiment_members"]
experiments = _TABLES["experiments"]
figures = _TABLES["figures"]
idempotency_keys = _TABLES["idempotency_keys"]
no_purchases = _TABLES["no_purchases"]
profiles = _TABLES["profiles"]
programme_members = _TABLES["programme_members"]
programme_memberships = _TABLES["programme_memberships"]
programme_reviews = _TABLES["programme_reviews"]
programme_rules = _TABLES["programme_rules"]
quarantine = _TABLES["quarantine"]
run_files = _TABLES["run_files"]
runs = _TABLES["runs"]
segment_migrations = _TABLES["segment_migrations"]
segments = _TABLES["segments"]
sessions = _TABLES["sessions"]
users = _TABLES["users"]
webhook_deliveries = _TABLES["webhook_deliveries"]
saved_views = _TABLES["saved_views"]
chart_notes = _TABLES["chart_notes"]
revenue_targets = _TABLES["revenue_targets"]
segment_labels = _TABLES["segment_labels"]
action_states = _TABLES["action_states"]
campaigns = _TABLES["campaigns"]
list_exports = _TABLES["list_exports"]
list_changes = _TABLES["list_changes"]
customer_tags = _TABLES["customer_tags"]
exclusions = _TABLES["exclusions"]
subscriptions = _TABLES["subscriptions"]

current_run.append_constraint(CheckConstraint("id = 1", name="one_row"))
experiments.append_constraint(UniqueConstraint("name"))

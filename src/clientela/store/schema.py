"""The tables of the results database, a stable contract for BI tools and the API.

Each column carries its unit in ``info["unit"]`` and the key of its meaning in
``info["meaning"]``; the data dictionary is made from them. Money is NUMERIC(18, 4), except in the
features, which are doubles like the models that read them.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.types import TypeEngine

from clientela.store.features import FEATURE_COLUMNS
from clientela.store.types import ID, MONEY, UtcDateTime

FEATURE_TYPES: dict[str, TypeEngine[Any]] = {
    "int64": BigInteger(),
    "float64": Double(),
    "string": Text(),
    "date": Date(),
}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _column(name: str, kind: Any, unit: str = "", *parts: Any, **options: Any) -> Column[Any]:
    return Column(name, kind, *parts, info={"unit": unit}, **options)


def _key(name: str, kind: Any, unit: str = "") -> Column[Any]:
    return _column(name, kind, unit, primary_key=True)


def _json(name: str, **options: Any) -> Column[Any]:
    """Make a column of JSON text, which readers get parsed."""
    return Column(name, Text, info={"unit": "", "json": True}, **options)


def _run() -> Column[Any]:
    """Name the run of a row of a table without a primary key."""
    return _column("run_id", ID, "", ForeignKey("runs.run_id"), nullable=False, index=True)


def _run_key() -> Column[Any]:
    return _column("run_id", ID, "", ForeignKey("runs.run_id"), primary_key=True)


def _feature_columns() -> list[Column[Any]]:
    """Make the columns of the features; their meanings are the catalogue's own."""
    return [
        Column(
            feature.name,
            FEATURE_TYPES[feature.dtype],
            info={"unit": feature.unit, "meaning": f"feature.{feature.name}"},
        )
        for feature in FEATURE_COLUMNS
    ]


runs = Table(
    "runs",
    metadata,
    _key("run_id", ID),
    _column("as_of", Date, "date", nullable=False),
    _column("started_at", UtcDateTime, "timestamp", nullable=False),
    _column("finished_at", UtcDateTime, "timestamp", nullable=False),
    _column("version", Text, nullable=False),
    _column("engine", Text, nullable=False),
    _column("currency", Text),
    _column("timezone", Text, nullable=False),
    _column("data_hash", Text, nullable=False),
    _column("config_hash", Text, nullable=False),
    _column("model_id", Text),
    _column("rows_in", BigInteger, "count", nullable=False),
    _column("rows_canonical", BigInteger, "count", nullable=False),
    _column("rows_quarantined", BigInteger, "count", nullable=False),
    _column("rows_already_held", BigInteger, "count", nullable=False),
    _column("customers", BigInteger, "count", nullable=False),
    _column("net_amount", MONEY, "amount", nullable=False),
    _column("unidentified_share", Double, "share"),
    _json("seconds", nullable=False),
    _json("summary", nullable=False),
)

current_run = Table(
    "current_run",
    metadata,
    Column(
        "id",
        Integer,
        CheckConstraint("id = 1", name="one_row"),
        primary_key=True,
        autoincrement=False,
        info={"unit": ""},
    ),
    _column("run_id", ID, "", ForeignKey("runs.run_id"), nullable=False),
)

# Rows come by the million: a foreign key would cost a look-up each, and publish writes the run
# and its customers in one transaction anyway.
customers = Table(
    "customers",
    metadata,
    _key("run_id", ID),
    _key("customer_id", ID),
    _column("segment", Integer),
    _column("segment_confidence", Double, "share"),
    _column("rfm_segment", Text),
    _column("r_score", Integer),
    _column("f_score", Integer),
    _column("m_score", Integer),
    *_feature_columns(),
    _json("attributes"),
    Index(None, "run_id", "segment", "customer_id"),
    sqlite_with_rowid=False,
)

segments = Table(
    "segments",
    metadata,
    _run_key(),
    Column("segment", Integer, primary_key=True, autoincrement=False, info={"unit": ""}),
    _column("name_en", Text, nullable=False),
    _column("name_pt_br", Text, nullable=False),
    _column("description_en", Text, nullable=False),
    _column("description_pt_br", Text, nullable=False),
    _column("customers", BigInteger, "count", nullable=False),
    _column("customers_share", Double, "share"),
    _column("revenue", MONEY, "amount", nullable=False),
    _column("revenue_share", Double, "share"),
    _json("profile", nullable=False),
)

segment_migrations = Table(
    "segment_migrations",
    metadata,
    _run(),
    _column("previous_run_id", ID, "", ForeignKey("runs.run_id"), nullable=False),
    _column("from_segment", Integer),
    _column("to_segment", Integer),
    _column("customers", BigInteger, "count", nullable=False),
    _column("revenue", MONEY, "amount", nullable=False),
)

models = Table(
    "models",
    metadata,
    _run_key(),
    _key("model_id", Text),
    _column("kind", Text, nullable=False),
    _column("role", Text, nullable=False),
    _json("card", nullable=False),
)

metrics = Table(
    "metrics",
    metadata,
    _run(),
    _column("model_id", Text),
    _column("name", Text, nullable=False),
    _column("value", Double),
    _column("low", Double),
    _column("high", Double),
    _column("detail", Text),
)

quality = Table(
    "quality",
    metadata,
    _run(),
    _column("table", Text, nullable=False),
    _column("rule", Text, nullable=False),
    _column("decision", Text),
    _column("rows", BigInteger, "count", nullable=False),
    _column("customers", BigInteger, "count"),
    _column("amount", MONEY, "amount"),
)

quarantine = Table(
    "quarantine",
    metadata,
    _run(),
    _column("source", Text, nullable=False),
    _column("source_row", BigInteger, "count", nullable=False),
    _column("rule", Text, nullable=False),
    _column("customer_id", ID),
    _column("amount", MONEY, "amount"),
    _column("line", Text, nullable=False),
)

no_purchases = Table(
    "no_purchases",
    metadata,
    _run_key(),
    _key("customer_id", ID),
    _column("lines", BigInteger, "count", nullable=False),
    _column("returned_amount", MONEY, "amount"),
    _column("fees_amount", MONEY, "amount"),
    _column("first_seen", Date, "date"),
    _column("last_seen", Date, "date"),
)

revenue_by_month = Table(
    "revenue_by_month",
    metadata,
    _run_key(),
    _key("month", Date, "date"),
    _column("gross", MONEY, "amount", nullable=False),
    _column("returned", MONEY, "amount", nullable=False),
    _column("net", MONEY, "amount", nullable=False),
    _column("fees", MONEY, "amount", nullable=False),
    _column("unidentified_amount", MONEY, "amount", nullable=False),
    _column("unidentified_share", Double, "share"),
    _column("lines", BigInteger, "count", nullable=False),
    _column("orders", BigInteger, "count", nullable=False),
    _column("customers", BigInteger, "count", nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    _key("key_id", ID),
    _column("name", Text, nullable=False),
    _column("hash", Text, nullable=False),
    _column("scopes", Text, nullable=False),
    _column("created_at", UtcDateTime, "timestamp", nullable=False),
    _column("revoked_at", UtcDateTime, "timestamp"),
)

for _table in metadata.tables.values():
    for _each in _table.columns:
        _each.info.setdefault("meaning", f"store.{_table.name}.{_each.name}")

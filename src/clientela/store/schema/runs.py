"""Runs: what was read and measured, and which one is published."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    Table,
    Text,
)

from clientela.store.schema.columns import column, json, key, metadata, run, run_key
from clientela.store.types import ID, MONEY, UtcDateTime

runs = Table(
    "runs",
    metadata,
    key("run_id", ID),
    column("as_of", Date, "date", nullable=False),
    column("started_at", UtcDateTime, "timestamp", nullable=False),
    column("finished_at", UtcDateTime, "timestamp", nullable=False),
    column("version", Text, nullable=False),
    column("engine", Text, nullable=False),
    column("currency", Text),
    column("timezone", Text, nullable=False),
    column("data_hash", Text, nullable=False),
    column("config_hash", Text, nullable=False),
    column("model_id", Text),
    column("rows_in", BigInteger, "count", nullable=False),
    column("rows_canonical", BigInteger, "count", nullable=False),
    column("rows_quarantined", BigInteger, "count", nullable=False),
    column("rows_already_held", BigInteger, "count", nullable=False),
    column("customers", BigInteger, "count", nullable=False),
    column("net_amount", MONEY, "amount", nullable=False),
    column("unidentified_share", Double, "share"),
    json("seconds", nullable=False),
    json("summary", nullable=False),
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
    column("run_id", ID, "", ForeignKey("runs.run_id"), nullable=False),
)

models = Table(
    "models",
    metadata,
    run_key(),
    key("model_id", Text),
    column("kind", Text, nullable=False),
    column("role", Text, nullable=False),
    json("card", nullable=False),
)

metrics = Table(
    "metrics",
    metadata,
    run(),
    column("model_id", Text),
    column("name", Text, nullable=False),
    column("value", Double),
    column("low", Double),
    column("high", Double),
    column("detail", Text),
)

quality = Table(
    "quality",
    metadata,
    run(),
    column("table", Text, nullable=False),
    column("rule", Text, nullable=False),
    column("decision", Text),
    column("rows", BigInteger, "count", nullable=False),
    column("customers", BigInteger, "count"),
    column("amount", MONEY, "amount"),
)

quarantine = Table(
    "quarantine",
    metadata,
    run(),
    column("source", Text, nullable=False),
    column("source_row", BigInteger, "count", nullable=False),
    column("rule", Text, nullable=False),
    column("customer_id", ID),
    column("amount", MONEY, "amount"),
    column("line", Text, nullable=False),
)

revenue_by_month = Table(
    "revenue_by_month",
    metadata,
    run_key(),
    key("month", Date, "date"),
    column("gross", MONEY, "amount", nullable=False),
    column("returned", MONEY, "amount", nullable=False),
    column("net", MONEY, "amount", nullable=False),
    column("fees", MONEY, "amount", nullable=False),
    column("unidentified_amount", MONEY, "amount", nullable=False),
    column("unidentified_share", Double, "share"),
    column("lines", BigInteger, "count", nullable=False),
    column("orders", BigInteger, "count", nullable=False),
    column("customers", BigInteger, "count", nullable=False),
)

"""Experiments and the customers drawn for them, which belong to no run."""

from sqlalchemy import Column, Date, Double, ForeignKey, Table, Text

from clientela.store.schema.columns import column, json, key, metadata
from clientela.store.types import ID, UtcDateTime

experiments = Table(
    "experiments",
    metadata,
    key("experiment_id", ID),
    column("name", Text, nullable=False, unique=True),
    column("created_at", UtcDateTime, "timestamp", nullable=False),
    column("as_of", Date, "date", nullable=False),
    json("design", nullable=False),
)

experiment_members = Table(
    "experiment_members",
    metadata,
    Column(
        "experiment_id",
        ID,
        ForeignKey("experiments.experiment_id"),
        primary_key=True,
        info={"unit": ""},
    ),
    key("customer_id", ID),
    column("arm", Text, nullable=False),
    column("stratum", Text),
    column("before", Double),
)

"""The report's answers, as they are shown and served."""

from sqlalchemy import Integer, Table, Text

from clientela.store.schema.columns import column, json, key, metadata, run_key

answers = Table(
    "answers",
    metadata,
    run_key(),
    key("lang", Text),
    key("position", Integer),
    column("key", Text, nullable=False),
    json("content", nullable=False),
)

"""Who may ask the API."""

from sqlalchemy import Table, Text

from clientela.store.schema.columns import column, key, metadata
from clientela.store.types import ID, UtcDateTime

api_keys = Table(
    "api_keys",
    metadata,
    key("key_id", ID),
    column("name", Text, nullable=False),
    column("hash", Text, nullable=False),
    column("scopes", Text, nullable=False),
    column("created_at", UtcDateTime, "timestamp", nullable=False),
    column("revoked_at", UtcDateTime, "timestamp"),
)

"""The months in which each segment orders: a table of its own."""

from alembic import op

from clientela.store.schema import metadata

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    metadata.tables["segment_months"].create(op.get_bind(), checkfirst=True)

"""Customers are followed by how they began, not only by when: a table of its own."""

from alembic import op

from clientela.store.schema import metadata

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    metadata.tables["cohort_groups"].create(op.get_bind(), checkfirst=True)

"""Customers get tags and are left out of lists: three tables."""

from alembic import op

from clientela.store.schema import customer_tags, exclusions, list_changes

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables, where the first revision did not make them with all the others."""
    for table in (list_changes, customer_tags, exclusions):
        table.create(op.get_bind(), checkfirst=True)

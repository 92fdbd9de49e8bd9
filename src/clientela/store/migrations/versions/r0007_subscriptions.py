"""People subscribe to audiences and views: a table of its own."""

from alembic import op

from clientela.store.schema import subscriptions

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    subscriptions.create(op.get_bind(), checkfirst=True)

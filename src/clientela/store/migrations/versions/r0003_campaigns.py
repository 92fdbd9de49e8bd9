"""What is planned for whom stands on a board: a table of its own."""

from alembic import op

from clientela.store.schema import campaigns

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    campaigns.create(op.get_bind(), checkfirst=True)

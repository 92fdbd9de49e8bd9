"""Actions can be put off or called done: a table of its own."""

from alembic import op

from clientela.store.schema import action_states

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    action_states.create(op.get_bind(), checkfirst=True)

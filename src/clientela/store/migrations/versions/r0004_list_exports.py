"""Lists of changes know since when: a table of its own."""

from alembic import op

from clientela.store.schema import list_exports

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, where the first revision did not make it with all the others."""
    list_exports.create(op.get_bind(), checkfirst=True)

"""The first schema of the results database: all that ``contract.results`` declares.

It follows the contract until the first release; from then on it is frozen, and every change of the
contract brings a revision of its own.
"""

from alembic import op

from clientela.store.schema import metadata

revision = "0001"
down_revision = None


NAMING = ("customer_id", "other_id", "source_ids", "email", "phone", "name", "line", "attributes")
"""Columns that name people: PostgreSQL would copy values into its statistics, out of the reach of
an erasure."""


def upgrade() -> None:
    """Make every table."""
    connection = op.get_bind()
    metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        for table in metadata.sorted_tables:
            for column in table.columns:
                if column.name in NAMING and "customer_id" in table.columns:
                    op.execute(
                        f"ALTER TABLE {table.name} ALTER COLUMN {column.name} SET STATISTICS 0"
                    )

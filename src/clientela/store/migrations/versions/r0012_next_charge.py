"""Customers under contract have the day on which their next charge is expected."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column, where the first revision did not make it with the table."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("customers")}
    if "next_charge" not in columns:
        op.add_column("customers", sa.Column("next_charge", sa.Date()))

"""Customers keep how they began and in which months they ordered, so that cohorts are lists."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns, where the first revision did not make them with the table."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("customers")}
    for name in ("first_product", "first_channel", "order_months"):
        if name not in columns:
            op.add_column("customers", sa.Column(name, sa.Text()))

"""Segments keep how many of them are in the programme or at high risk, to be compared later."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, where the first revision did not make them with the table."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("segments")}
    for name in ("members", "high_risk"):
        if name not in columns:
            op.add_column("segments", sa.Column(name, sa.BigInteger()))

"""Segments are shown as one and get a note: two columns of what people gave to them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns, where the first revision did not make them with the table."""
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("segment_labels")}
    for name in ("merged_as", "note"):
        if name not in columns:
            op.add_column("segment_labels", sa.Column(name, sa.Text()))

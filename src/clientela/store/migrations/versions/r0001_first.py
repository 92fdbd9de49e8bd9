"""The first schema of the results database: all that ``contract.results`` declares.

It follows the contract until the first release; from then on it is frozen, and every change of the
contract brings a revision of its own.
"""

from alembic import op

from clientela.store.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    metadata.create_all(op.get_bind())

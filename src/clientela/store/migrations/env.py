"""What Alembic runs: the revisions, on the connection and in the transaction of the caller."""

from alembic import context

from clientela.store.revisions import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()

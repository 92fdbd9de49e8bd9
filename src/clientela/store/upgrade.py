"""Bringing the schema of a database up to date with Alembic, views included."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from clientela.store import views

SCRIPTS = "clientela.store:migrations"
LOCK_TIMEOUT_S = 60.0  # by convention: a minute's wait for another publisher
_LOCK = 4_207_194_113  # any number; the same for every publisher of a PostgreSQL database


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Apply the missing revisions in the caller's transaction: all of them or none.

    The views are dropped before and made anew after, as a table cannot change under them.
    """
    lock(connection)
    views.drop(connection)
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    views.create(connection)


def lock(connection: Connection) -> None:
    """Wait until no other process publishes or upgrades; SQLite's transaction does so already.

    Nothing in this transaction waits longer for any lock.
    """
    if connection.dialect.name == "postgresql":
        patience = {"ms": str(round(LOCK_TIMEOUT_S * 1000))}
        connection.execute(text("SELECT set_config('lock_timeout', :ms, true)"), patience)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

"""One writer at a time, beyond what the database sees to by itself."""

from sqlalchemy import Connection, text

LOCK_TIMEOUT_S = 60.0  # by convention: a minute's wait for another publisher
_LOCK = 4_207_194_113  # any number; the same for every publisher of a PostgreSQL database


def lock(connection: Connection) -> None:
    """Wait until no other process publishes or upgrades; SQLite's transaction does so already.

    Nothing in this transaction waits longer for any lock.
    """
    if connection.dialect.name == "postgresql":
        patience = {"ms": str(round(LOCK_TIMEOUT_S * 1000))}
        connection.execute(text("SELECT set_config('lock_timeout', :ms, true)"), patience)
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})

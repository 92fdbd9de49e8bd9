"""Which revision of the schema a database has, and which ones this version knows."""

from functools import cache
from importlib import resources

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

VERSION_TABLE = "clientela_version"

_version = Table(  # as Alembic makes it
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


@cache
def list_revisions() -> tuple[str, ...]:
    """Return the revisions of this version, oldest first, without loading Alembic.

    Examples
    --------
    >>> list_revisions()[0]
    '0001'
    """
    files = resources.files("clientela.store.migrations.versions").iterdir()
    names = (file.name for file in files if file.name.startswith("r"))
    return tuple(sorted(name[1:].split("_")[0] for name in names))


def read_revision(connection: Connection) -> str | None:
    """Return the revision of a database; None where Clientela never wrote to it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar()


def write_latest_revision(connection: Connection) -> None:
    """Say of a new database that it is of this version."""
    _version.create(connection)
    connection.execute(insert(_version), {"version_num": list_revisions()[-1]})

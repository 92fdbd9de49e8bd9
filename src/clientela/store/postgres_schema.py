"""The schema that holds our tables in PostgreSQL, where a firm has tables of its own."""

import re

from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.schema import CreateSchema

from clientela.config.database_url import show_url
from clientela.config.system import StoreSettings
from clientela.errors import StoreError

EARLIER = "public"  # where the tables stood before they had a schema of their own
_PLAIN = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}")


def set_schema(url: URL) -> URL:
    """Turn ``?schema=NAME`` into the one search path of a connection, and set the zone to UTC.

    Raises
    ------
    StoreError
        The URL sets a search path itself, or the name needs quotes.
    """
    where = show_url(url.render_as_string(hide_password=False))
    given = str(url.query.get("options", ""))
    if "search_path" in given:
        raise StoreError(
            "the URL sets search_path, and Clientela keeps to one schema",
            where=where,
            do="take it out of the URL and name the schema: store.schema, or ?schema=NAME",
        )
    schema = str(url.query.get("schema", StoreSettings().schema))
    if not _PLAIN.fullmatch(schema):
        raise StoreError(
            "the name of the schema is none that PostgreSQL takes without quotes",
            where=where,
            do="use small letters, digits and _, as in store.schema = 'clientela'",
        )
    settings = f"{given} -c timezone=UTC -c search_path={schema}".lstrip()
    return url.difference_update_query(["schema"]).update_query_dict({"options": settings})


def read_schema(connection: Connection) -> str:
    """Return the schema that a connection keeps to."""
    return str(connection.scalar(text("SELECT current_setting('search_path')")))


def check_usage(connection: Connection) -> None:
    """Raise if the schema is there and may not be looked into; it would seem to be empty.

    Raises
    ------
    StoreError
        The user lacks the right.
    """
    if connection.dialect.name != "postgresql":
        return
    schema = read_schema(connection)
    usable = text("SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = :s")
    if connection.scalar(usable, {"s": schema}) is False:
        raise StoreError(
            "the user may not use the schema of the results",
            where=schema,
            do="grant the user the rights that the PostgreSQL guide names",
        )


def create_schema(connection: Connection) -> None:
    """Make the schema where the owner of the database has not done so."""
    schema = read_schema(connection)
    if not inspect(connection).has_schema(schema):  # making it anew asks for more rights
        connection.execute(CreateSchema(schema))


def refuse_earlier(connection: Connection) -> None:
    """Raise if results of an earlier version stand in ``public``: a new start would forget them.

    Raises
    ------
    StoreError
        They do.
    """
    found = text("SELECT to_regclass(:name) IS NOT NULL")
    if connection.scalar(found, {"name": f"{EARLIER}.clientela_version"}):
        raise StoreError(
            f"results of an earlier version stand in the schema {EARLIER}",
            where=read_schema(connection),
            do=f"go on with them by store.schema = '{EARLIER}', or drop them first",
        )

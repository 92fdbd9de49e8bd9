"""URLs of databases: what of them may be shown, and where their passwords come from.

A password stands in the environment or in a file of its owner's, never in a URL that commands,
logs, tables and reports would carry on.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from clientela.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import URL

SHOWN = ("host", "port", "service_name", "table", "schema", "query")
"""Parameters that say where the rows are; of all others the value is nobody's business."""
SECRET = re.compile(r"pass(w(or)?d|phrase)?\b|^pwd$|secret|token|sslkey", re.IGNORECASE)
SECRET_TEXT = re.compile(
    r"(pass(w(or)?d|phrase)?|pwd|secret|token|sslkey)\s*=|^[^/\s]*:[^/\s]+@", re.IGNORECASE
)
"""A connection that is no URL but carries a secret: words of libpq or ODBC, a URL cut short."""
SOURCE_PASSWORD = "CLIENTELA_SOURCE_PASSWORD"  # noqa: S105 - the variable's name
STORE_PASSWORD = "CLIENTELA_STORE_PASSWORD"  # noqa: S105 - the variable's name
OTHERS = 0o077  # bits that let anybody but the owner read


def parse_url(location: str) -> "URL | None":
    """Read a URL; None where it is none."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(location)
    except (ArgumentError, ValueError):
        return None


def show_url(location: str) -> str:
    """Return a URL as it may be shown and kept: place, user, and what is read there.

    Examples
    --------
    >>> show_url("postgresql://ana:secret@db/shop?table=sales&password=secret&sslmode=require")
    'postgresql://ana@db/shop?table=sales'
    >>> show_url("postgresql://ana:secret@db:port/shop")
    'postgresql://…'
    >>> show_url("postgresql:/ana:secret@db/shop"), show_url("results.db")
    ('postgresql:/…', 'results.db')
    >>> show_url("host=db password=secret"), show_url("ana:secret@db/shop")
    ('…', 'ana:…')
    """
    url = parse_url(location)
    if url is None:
        scheme = re.match(r"\w+:/*", location)
        is_secret = SECRET_TEXT.search(location) is not None
        return f"{scheme[0]}…" if scheme else "…" if is_secret else location
    shown = {name: value for name, value in url.query.items() if name in SHOWN}
    if url.get_backend_name() == "sqlite" and not shown:
        return location
    return url._replace(password=None).set(query=shown).render_as_string(hide_password=False)


def refuse_secret_text(location: str, variable: str) -> None:
    """Raise if what was given on the command line carries a secret, be it a URL or not.

    Raises
    ------
    ConfigError
        It does: histories and lists of processes show it to others.
    """
    url = parse_url(location)
    if url is not None:
        refuse_password(url, variable)
    elif SECRET_TEXT.search(location):
        raise _refuse(show_url(location), variable)


def add_schema(location: str, schema: str) -> str:
    """Name the schema of our tables in PostgreSQL's URL, unless it names one.

    Examples
    --------
    >>> add_schema("postgresql://db/shop?schema=crm", "clientela")
    'postgresql://db/shop?schema=crm'
    >>> add_schema("sqlite:///results.db", "clientela")
    'sqlite:///results.db'
    """
    url = parse_url(location)
    if url is None or not url.drivername.startswith("postgres") or "schema" in url.query:
        return location
    return url.update_query_dict({"schema": schema}).render_as_string(hide_password=False)


def has_password(url: "URL") -> bool:
    """Check whether a URL carries a secret, as its password or as a parameter."""
    return bool(url.password) or any(SECRET.search(name) for name in url.query)


def refuse_password(url: "URL", variable: str) -> None:
    """Raise if a URL that was given on the command line carries a secret.

    Raises
    ------
    ConfigError
        It does: histories and lists of processes show it to others.
    """
    if has_password(url):
        raise _refuse(show_url(url.render_as_string(hide_password=True)), variable)


def _refuse(shown: str, variable: str) -> ConfigError:
    return ConfigError(
        "a password in a URL can be read by others, in histories and lists of processes",
        where=shown,
        do=f"leave it out, and put it into the environment variable {variable}, or into a file "
        f"that only you can read and its path into {variable}_FILE",
    )


def check_file_with_url(path: Path, location: str) -> None:
    """Raise if a file holds a URL with a secret and others can read it.

    Raises
    ------
    ConfigError
        They can.
    """
    url = parse_url(location)
    if url is not None and has_password(url) and path.stat().st_mode & OTHERS:
        raise ConfigError(
            "others can read the file, and a URL in it holds a password",
            where=str(path),
            do=f"chmod 600 {path}, or put the password into the environment variable "
            f"{STORE_PASSWORD}",
        )


def add_password(url: "URL", variable: str) -> "URL":
    """Return the URL with the password that the environment holds, where there is one.

    Raises
    ------
    ConfigError
        The file of the password cannot be read, or others can read it.
    """
    if url.password or url.get_backend_name() == "sqlite":
        return url
    password = read_secret(variable)
    return url.set(password=password) if password else url


def read_secret(variable: str) -> str:
    """Return the secret of an environment variable, or of the file that it names; else nothing."""
    return os.environ.get(variable) or _read_file(f"{variable}_FILE")


def _read_file(variable: str) -> str:
    name = os.environ.get(variable)
    if not name:
        return ""
    path = Path(name)
    try:
        if path.stat().st_mode & OTHERS:
            raise ConfigError(
                "others can read the file of the password",
                where=f"{variable}={name}",
                do=f"chmod 600 {name}",
            )
        return path.read_text("utf-8").strip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"the file of the password cannot be read: {error.strerror}",
            where=f"{variable}={name}",
            do="correct the path",
        ) from None

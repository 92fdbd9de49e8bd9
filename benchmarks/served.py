"""Serve the API, or a bare ASGI hello with the same uvicorn settings, on a free port.

``python benchmarks/served.py hello`` or ``python benchmarks/served.py STORE_URL [FOLDER]``, where
the folder holds the access log; the first line of standard output ends with the address.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from clientela.config import Serving
from clientela.serving.run import configure, listen, serve
from clientela.store.access_log import AccessLog

HEAD = [(b"content-type", b"text/plain"), (b"content-length", b"5")]


async def hello(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer every request with five bytes."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEAD})
        await send({"type": "http.response.body", "body": b"hello"})
        return
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


def main(what: str, folder: str | None = None) -> None:
    """Serve until a signal stops it."""
    settings = Serving(port=0)
    if what != "hello":
        log = folder and partial(AccessLog, f"sqlite:///{folder}/access.db", Path(folder) / "key")
        serve(settings, what, open_log=log or None)
        return
    with listen(settings) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(configure(lambda: hello, settings)).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])

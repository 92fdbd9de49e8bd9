"""Work of seconds that a form asks for, in a process of its own: it loads what no server holds."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# By convention: who plans an experiment draws it within minutes, and to start anew takes 2 CPU s
IDLE_SECONDS = 120


class Aside:
    """A process that does one such work at a time, and ends when nobody asks for a while."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._pool: ProcessPoolExecutor | None = None
        self._end: asyncio.TimerHandle | None = None

    async def run(self, function: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        """Call a function that is importable by its name, with arguments that can be pickled."""
        loop: Any = asyncio.get_running_loop()
        async with self._turn:
            if self._end is not None:
                self._end.cancel()
            if self._pool is None:
                # Forked, it would hold the server's threads and sockets
                self._pool = ProcessPoolExecutor(
                    1, mp_context=get_context("spawn"), initializer=_end_with_server
                )
            try:
                result: T = await loop.run_in_executor(self._pool, function, *args)
                return result
            except BrokenProcessPool:
                self.close()
                raise
            finally:
                self._end = loop.call_later(IDLE_SECONDS, self.close)

    def close(self) -> None:
        """End the process once it has done what it is at."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)
        self._pool = None


def _end_with_server() -> None:
    """Let the process end with the server, also with one that was killed and told nobody."""
    server = parent_process()

    def watch() -> None:
        if server is not None:
            wait([server.sentinel])
            os._exit(1)

    Thread(target=watch, daemon=True).start()

"""Work of seconds that a form asks for, in a process of its own: it loads what no server holds."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Aside:
    """Runs one such work at a time; others wait for their turn."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def run(self, function: Callable[P, T], *args: P.args, **_: P.kwargs) -> T:
        """Call a function that is importable by its name, with arguments that can be pickled."""
        async with self._turn:
            # Forked, it would hold the server's threads and sockets
            pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
            try:
                loop: Any = asyncio.get_running_loop()
                result: T = await loop.run_in_executor(pool, function, *args)
                return result
            finally:
                pool.shutdown(wait=False)

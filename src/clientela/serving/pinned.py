"""One state of the results database, for answers that a publishing overtook.

It stays until the last answer that is read from it is done, with the rows that later runs delete
and the file of its filters. Whoever is overtaken at the same time shares it.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from litestar.concurrency import sync_to_thread

from clientela.store.read import Reader
from clientela.store.session import PINNED_CONNECTIONS

T = TypeVar("T")
_current: ContextVar["PinnedState | None"] = ContextVar("pinned_state", default=None)


class PinnedState:
    """The present state of the database, kept as it is.

    Parameters
    ----------
    newest : Reader
        Reads the database as it is.
    """

    def __init__(self, newest: Reader) -> None:
        self._began = time.monotonic()
        self._file = ExitStack()
        self._holds_file = False
        self._readers, self._closed = 0, False
        # one connection is left for what is read in place
        self._turns = asyncio.Semaphore(PINNED_CONNECTIONS - 1)
        with ExitStack() as stack:
            self._reader = stack.enter_context(closing(newest.pin()))
            self._pointer = self._reader.read_pointer()
            self._erasures = self._reader.erasures()
            self._suppressed = self._reader.read_suppressed()
            stack.pop_all()  # nothing failed: it stays open

    def serves(self, newest: Reader, since: float) -> bool:
        """Return whether it is open, not older than a moment, and of the published run."""
        fresh = not self._closed and self._began >= since
        return fresh and newest.read_pointer() == self._pointer

    def shows_gone(self, newest: Reader) -> bool:
        """Return whether it has people who were erased or taken off all lists since."""
        if newest.erasures() != self._erasures:
            return True
        pointer = newest.read_pointer()
        if pointer == self._pointer:
            return False
        same_run = pointer and self._pointer and pointer[0] == self._pointer[0]
        return bool(same_run) or not newest.read_suppressed() <= self._suppressed

    async def ask(self, read: Callable[[Reader], T], *, long: bool) -> T:
        """Read in place what is quick, in a thread what is not."""
        if not long:
            return read(self._reader)
        async with self._turns:
            return await sync_to_thread(read, self._reader)

    def hold_file(self, reading: AbstractContextManager[None]) -> None:
        """Keep the file of its filters open with it."""
        if not self._holds_file:
            self._holds_file = True
            self._file.enter_context(reading)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Read all within the block from this state."""
        self.take()
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)
            self.give_back()

    def take(self) -> None:
        """Count a reader."""
        self._readers += 1

    def give_back(self) -> None:
        """Count a reader off; the last one closes."""
        self._readers -= 1
        if not self._readers:
            self._closed = True
            self._file.close()
            self._reader.close()


def find_pinned() -> PinnedState | None:
    """Return the state that the present answer is read from; None where it is the newest."""
    return _current.get()


def create_task(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a task that may outlive the answer that it is for, and keep that answer's state."""
    task, pinned = asyncio.create_task(work), find_pinned()
    if pinned is not None:
        pinned.take()
        task.add_done_callback(lambda _: pinned.give_back())
    return task

"""The published results, as the handlers ask for them.

A look-up in SQLite takes microseconds, less than handing it to another thread, so it runs where it
is asked; PostgreSQL and long reads must not hold up the other requests, so they run in a thread.
"""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from litestar.concurrency import sync_to_thread

from clientela.errors import StoreError
from clientela.i18n import Lang
from clientela.store.read import Reader, open_reader
from clientela.store.record import RunRecord

T = TypeVar("T")
Names = Mapping[int, str]


class Results:
    """One reader of the results database, opened at the first question.

    Parameters
    ----------
    url : str
        The results database. It may be out of reach for now: each question tries again.
    opener : callable
        How a URL becomes a reader.
    """

    def __init__(self, url: str, opener: Callable[[str], Reader] = open_reader) -> None:
        self._url = url
        self._opener = opener
        self._quick = url.startswith("sqlite")
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._names: dict[tuple[str, Lang], Names] = {}

    async def ask(self, read: Callable[[Reader], T], *, long: bool = False) -> T:
        """Read in place what is quick, in a thread what is not.

        Raises
        ------
        StoreError
            The database cannot be reached, or nothing is published yet.
        """
        if self._quick and self._reader is not None and not long:
            return read(self._reader)
        return await sync_to_thread(lambda: read(self._open()))

    async def run(self) -> RunRecord:
        """Give the published run.

        Raises
        ------
        StoreError
            Nothing is published yet.
        """
        run = await self.ask(lambda reader: reader.current_run())
        if run is None:
            raise StoreError("nothing is published yet", do="run `clientela run FILE`")
        return run

    async def names(self, run_id: str, lang: Lang) -> Names:
        """Give the names of a run's segments in a language; a run's names never change."""
        known = self._names.get((run_id, lang))
        if known is None:
            known = self._names[run_id, lang] = await self._read_names(run_id, lang)
        return known

    async def _read_names(self, run_id: str, lang: Lang) -> Names:
        segments = await self.ask(lambda reader: reader.segments(run_id))
        found = {row["segment"]: row[f"name_{lang.lower()}"] for row in segments.content}
        return msgspec.convert(found, dict[int, str])

    def _open(self) -> Reader:
        with self._lock:
            if self._reader is None:
                self._reader = self._opener(self._url)
            return self._reader

    def close(self) -> None:
        """Close the reader."""
        if self._reader is not None:
            self._reader.close()

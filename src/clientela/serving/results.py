"""The published results, as the handlers ask for them.

A look-up in SQLite takes microseconds, less than handing it to another thread, so it runs where it
is asked; PostgreSQL and long reads must not hold up the other requests, so they run in a thread.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from litestar.concurrency import sync_to_thread

from clientela.errors import StoreError
from clientela.i18n import Lang
from clientela.progress import logger
from clientela.serving.lookup_cache import Held, Told, told
from clientela.store.read import Reader, Reading, Segmented, open_reader
from clientela.store.record import RunRecord

T = TypeVar("T")
Names = Mapping[int, str]
BATCH = 20_000
MOST_HELD = 5_000_000  # customers
LONG = 500  # ids whose look-up would hold up other requests for a millisecond or more


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
        self._held: dict[str, Held] = {}
        self._holding: asyncio.Task[None] | None = None
        self._stopping = False

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

    async def lookup(self, ids: Sequence[str]) -> Reading[list[Told | None]]:
        """Tell each id's segment and scores; many from memory as soon as the run is held there."""
        if len(ids) > 1:
            run = await self.run()
            held = self._held.get(run.run_id)
            if held is None:
                self._hold(run)
            elif held.can_tell(ids):
                return Reading(run, held.lookup(ids))
        reading = await self.ask(lambda reader: reader.lookup(ids), long=len(ids) > LONG)
        return Reading(reading.run, [row and told(row) for row in reading.content])

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

    def _hold(self, run: RunRecord) -> None:
        """Begin to take a run into memory; until it is there, the database answers."""
        if run.customers <= MOST_HELD and (self._holding is None or self._holding.done()):
            self._holding = asyncio.create_task(self._take(run.run_id))

    async def _take(self, run_id: str) -> None:
        try:
            held = await sync_to_thread(lambda: Held(self._batches(run_id)))
            # Customers of the current run are never deleted: if it still is, all were read.
            if (await self.run()).run_id != run_id or self._stopping:
                return
        except Exception as error:
            logger(sys.stderr).warning("run_not_held", run_id=run_id, why=repr(error))
            held = Held([])  # tells nothing, so the database goes on answering
        self._held = {run_id: held}

    def _batches(self, run_id: str) -> Iterator[Sequence[Segmented]]:
        after = ""
        while not self._stopping and (rows := self._open().segmented(run_id, after, BATCH)):
            yield rows
            after = rows[-1].customer_id

    def _open(self) -> Reader:
        """Give the reader, opening it where it is not open."""
        with self._lock:
            if self._reader is None:
                self._reader = self._opener(self._url)
            return self._reader

    async def close(self) -> None:
        """Close the reader, after the thread that may be using it."""
        self._stopping = True
        if self._holding is not None:
            await self._holding
        if self._reader is not None:
            self._reader.close()

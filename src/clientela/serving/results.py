"""The published results, as the handlers ask for them.

A look-up in SQLite takes microseconds, less than handing it to another thread, so it runs where it
is asked; PostgreSQL and long reads must not hold up the other requests, so they run in a thread.
"""

import asyncio
import datetime as dt
import inspect
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from litestar.concurrency import sync_to_thread
from litestar.exceptions import HTTPException

from clientela.errors import ClientelaError, StoreError
from clientela.i18n import Lang
from clientela.serving.lookup_cache import Scores, SegmentIndex, collect_scores
from clientela.serving.pinned import PinnedState, find_pinned
from clientela.serving.problems import AnyRequest
from clientela.serving.shared_index import share_index
from clientela.store.read import Pointer, Reader, RunReading, SegmentRow, State, open_reader
from clientela.store.record import RunRecord
from clientela.telemetry import logger

if TYPE_CHECKING:
    from clientela.config import Privacy
    from clientela.privacy.access import Order

T = TypeVar("T")
Names = Mapping[int, str]
Handler = Callable[..., Awaitable[Any]]
# Customers read at a time into the index, by convention: some MB, and the lock is soon free
BATCH = 20_000
# Larger runs are looked up in the database: at 48 bytes a customer that is 240 MB
MOST_INDEX_CUSTOMERS = 5_000_000
# Ids whose look-up would hold up other requests for a millisecond or more
LONG = 500
# By convention: whoever names a segment at another server waits no longer to see it
NAMED_SECONDS = 30.0
# By convention: two languages of a run, and of some that it is compared with
MOST_NAMES = 10
# By convention: proxies have given up by then
TRY_SECONDS = 60.0


class Results:
    """One reader of the results database, opened at the first question.

    Parameters
    ----------
    url : str
        The results database. It may be out of reach for now: each question tries again.
    opener : callable
        How a URL becomes a reader.
    shared : Path, optional
        Folder of an index that all workers of the server map; without it this one has its own.

    Attributes
    ----------
    hash_person : callable or None
        Gives a person their name in the access log, where one is written.
    """

    def __init__(
        self,
        url: str,
        opener: Callable[[str], Reader] = open_reader,
        shared: Path | None = None,
    ) -> None:
        self.url = url
        self.hash_person: Callable[[str], str] | None = None
        self._opener = opener
        self._shared = shared
        self._quick = url.startswith("sqlite")
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._names: dict[tuple[str, Lang], tuple[float, Names]] = {}
        self._indexes: dict[Pointer, SegmentIndex] = {}
        self._erasures = (0, frozenset[str]())
        self._building: asyncio.Task[None] | None = None
        self._pinned: PinnedState | None = None
        self._pinning = asyncio.Lock()
        self._stopping = False

    async def ask(self, read: Callable[[Reader], T], *, long: bool = False) -> T:
        """Read in place what is quick, in a thread what is not.

        Raises
        ------
        StoreError
            The database cannot be reached, or nothing is published yet.
        """
        if (pinned := find_pinned()) is not None:
            return await pinned.ask(read, long=long or not self._quick)
        if self._quick and self._reader is not None and not long:
            return read(self._reader)
        return await sync_to_thread(lambda: read(self._open()))

    @asynccontextmanager
    async def pin(self, since: float) -> AsyncIterator[PinnedState]:
        """Read all within the block from one state, not older than a moment, of the newest run."""
        with ExitStack() as stack:
            async with self._pinning:
                pinned = self._pinned
                if pinned is None or not await self.ask(partial(pinned.serves, since=since)):
                    pinned = await sync_to_thread(lambda: PinnedState(self._open()))
                    self._pinned = pinned
                stack.enter_context(pinned.reading())
            yield pinned

    async def read_run(self) -> RunRecord:
        """Return the published run.

        Raises
        ------
        StoreError
            Nothing is published yet.
        """
        run = await self.ask(lambda reader: reader.current_run())
        if run is None:
            raise StoreError("nothing is published yet", do="run `clientela run FILE`")
        return run

    async def look_up(self, ids: Sequence[str]) -> RunReading[Scores]:
        """Return each id's segment and scores; of many from memory once the run is indexed."""
        if (self._indexes or len(ids) > 1) and find_pinned() is None:
            state = await self.ask(Reader.read_state)
            run, pointer, erasures = state
            if erasures != self._erasures:
                self._indexes, self._erasures = {}, erasures  # it may hold whom the database lost
            index = self._indexes.get(pointer)
            if index is None:
                self._start_index(state)
            elif index.covers(ids):
                return RunReading(run, index.look_up(ids))
        reading = await self.ask(lambda reader: reader.lookup(ids), long=len(ids) > LONG)
        return RunReading(reading.run, collect_scores(reading.content))

    async def change(self, write: Callable[..., T], *values: object) -> T:
        """Write to the results database in a thread, as ``write(url, *values)``."""
        return await sync_to_thread(partial(write, self.url, *values))

    async def request_erasure(self, customer_id: str, by: str, now: dt.datetime) -> None:
        """Queue a person; the next run, or the command line, erases them."""
        from clientela.store.erasures import request_erasure

        await self.change(request_erasure, [customer_id], by, now)

    async def collect_person(self, workspace: Path | None, customer_id: str) -> dict[str, Any]:
        """Return all that is held of a person, from the workspace too where there is one."""
        from clientela.privacy.access import collect_person

        return await sync_to_thread(partial(collect_person, workspace, self.url, customer_id))

    async def read_orders(
        self, workspace: Path | None, customer_id: str, as_of: dt.date
    ) -> list["Order"]:
        """Return a customer's orders up to a day; none where there is no workspace."""
        from clientela.privacy.access import read_orders

        if workspace is None:
            return []
        return await sync_to_thread(partial(read_orders, workspace, customer_id, as_of))

    async def find_waiting(self, ids: Sequence[str]) -> set[str]:
        """Return those of some ids that wait to be erased."""
        _, waiting = await self.ask(lambda reader: reader.erasures())
        return set(waiting.intersection(ids))

    async def find_erased(
        self, workspace: Path | None, ids: Sequence[str], settings: "Privacy"
    ) -> set[str]:
        """Return those of some ids who wait to be erased, or were and must not come back."""
        from clientela.privacy.access import find_erased

        _, waiting = await self.ask(lambda reader: reader.erasures())
        return await sync_to_thread(partial(find_erased, workspace, ids, settings, waiting))

    async def find_unsold(self, ids: Sequence[str]) -> set[str]:
        """Return those of some absent ids that are known and have no purchase on record."""
        if not ids:
            return set()
        return await self.ask(lambda reader: reader.no_purchases(ids), long=len(ids) > LONG)

    async def read_names(self, run_id: str, lang: Lang) -> Names:
        """Return the names of a run's segments in a language, as they were half a minute ago."""
        now = time.monotonic()
        read, names = self._names.get((run_id, lang), (0.0, None))
        if names is None or now - read > NAMED_SECONDS:
            segments = await self.ask(lambda reader: reader.table("segments", run_id))
            pairs = {row["segment"]: row[f"name_{lang.lower()}"] for row in segments.content}
            names = msgspec.convert(pairs, dict[int, str])
            self._names[run_id, lang] = now, names
            while len(self._names) > MOST_NAMES:
                del self._names[next(iter(self._names))]
        return names

    def forget_names(self) -> None:
        """Read the names of segments anew, once one was given; other servers soon do, too."""
        self._names.clear()

    def _start_index(self, state: State) -> None:
        """Begin to take a run into memory; until it is there, the database answers."""
        idle = self._building is None or self._building.done()
        if state[0].customers <= MOST_INDEX_CUSTOMERS and idle:
            self._building = asyncio.create_task(self._build_index(state))

    async def _build_index(self, state: State) -> None:
        run, pointer, _ = state
        try:
            index = await sync_to_thread(self._load_index, state)
            # Its customers go by an erasure alone, and get other ids by a rotation: if none came
            # between, all were read.
            if await self.ask(Reader.read_state) != state or self._stopping:
                return
        except Exception as error:
            logger(sys.stderr).warning("run_not_held", run_id=run.run_id, why=type(error).__name__)
            index = SegmentIndex([])  # covers no id, so the database goes on answering
        self._indexes = {pointer: index}

    def _load_index(self, state: State) -> SegmentIndex:
        """Build the index, or map that of the server's workers."""
        run, pointer, (receipt, waiting) = state

        def build() -> SegmentIndex:
            index = SegmentIndex(self._read_batches(run.run_id), self.hash_person)
            if self._stopping:  # not all was read
                raise StoreError("the server is stopping")
            return index

        if self._shared is None:
            return build()
        key = repr((pointer, receipt, sorted(map(str, waiting)), self.hash_person is None))
        return share_index(self._shared, key, build)

    def _read_batches(self, run_id: str) -> Iterator[Sequence[SegmentRow]]:
        after = ""
        while not self._stopping and (rows := self._open().read_segments(run_id, after, BATCH)):
            yield rows
            after = rows[-1].customer_id

    def _open(self) -> Reader:
        """Return the reader, opening it where it is not open."""
        with self._lock:
            if self._reader is None:
                self._reader = self._opener(self.url)
            return self._reader

    async def close(self) -> None:
        """Close the reader, after the thread that may be using it."""
        self._stopping = True
        if self._building is not None:
            await self._building
        if self._reader is not None:
            self._reader.close()


def get_results(request: AnyRequest) -> Results:
    """Return the results that the server was made with."""
    return cast(Results, request.app.state.results)


def answer_from_one_run(handler: Handler) -> Handler:
    """Answer again where a run is published while a handler reads, so that no answer mixes two.

    So it does where customers get other ids. Again, all is read from one state of the database,
    which no publishing overtakes, however many runs come. A handler that reads no results, without
    a request, stays as it is. ``StoreError`` where people are erased, or taken off all lists,
    faster than the answer is read: it would name them.
    """
    reads = inspect.iscoroutinefunction(handler)
    if not reads or "request" not in inspect.signature(handler).parameters:
        return handler

    @wraps(handler)
    async def answer(**arguments: Any) -> Any:
        results = get_results(arguments["request"])
        began = time.monotonic()
        pointer = await results.ask(Reader.read_pointer)
        try:
            response = await handler(**arguments)
            failure = None
        except (HTTPException, ClientelaError) as error:  # perhaps of a run that is no longer there
            failure = error
        if await results.ask(Reader.read_pointer) != pointer:
            return await _answer_pinned(results, began, partial(handler, **arguments))
        if failure is not None:
            raise failure
        return response

    return answer


async def _answer_pinned(results: Results, since: float, answer: Callable[[], Awaitable[T]]) -> T:
    """Answer from one state of the database, and again where it shows who is gone since."""
    end = time.monotonic() + TRY_SECONDS
    while time.monotonic() < end:
        async with results.pin(since) as pinned:
            response = await answer()
        if not await results.ask(pinned.shows_gone, long=True):
            return response
        since = time.monotonic()
    raise StoreError("people are erased faster than this is read", do="try again in some seconds")

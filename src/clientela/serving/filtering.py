"""Filters over the published run's customers, answered by its DuckDB file.

The file is taken from the results database into a temporary place, opened and unlinked, so that a
server that is killed leaves nothing; it is closed once its last reader is done. Two questions run
at a time, so that look-ups go on beside them, and clients take turns.
"""

import asyncio
import datetime as dt
import sys
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from litestar.concurrency import sync_to_thread

from clientela.errors import ClientelaError, InputError, StoreError
from clientela.serving.fair_queue import FairQueue
from clientela.serving.problems import AnyRequest
from clientela.serving.results import Results
from clientela.store.filters import Condition, Filter, list_sets, write_filter
from clientela.store.read import Reader, Row, RunReading
from clientela.store.record import RunRecord
from clientela.telemetry import logger

if TYPE_CHECKING:  # who only looks up loads neither DuckDB nor Arrow
    import pyarrow as pa

    from clientela.store.filter_attributes import Kind
    from clientela.store.filter_file import FilterFile, Sets

T = TypeVar("T")
AT_ONCE = 2  # by convention: half of a small machine's cores stay with look-ups
PATIENCE_SECONDS = 10.0  # by convention: what a person waits; a million customers take .5
MOST_ANSWERS = 1_000  # by convention: a count has some 200 bytes, reasons some 50 KB
LOOK_SECONDS = 5.0  # by convention: who opens a page after a publishing waits for no file
MOST_COMMON = 20  # by convention: twice the questions of a page
MOST_KEPT_SETS = 20  # by convention: twice a filter's, 4 MB each of a million customers
REBUILD_ROWS = 5_000  # rows of the results database held as objects at a time, some 50 MB

Version = tuple[str, str | None, str | None, str | None]


class _Opened:
    """The open file of a version, and how many read it."""

    def __init__(self, version: Version, run: RunRecord, file: "FilterFile") -> None:
        self.version, self.run, self.file = version, run, file
        self.readers, self.retired = 0, False
        self.vocabulary: dict[str, list[str]] | None = None
        self.sets: OrderedDict[str, pa.Array] = OrderedDict()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Keep the file open for a reader, also where another version replaces it."""
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1
            self.close_unread()

    def close_unread(self) -> None:
        """Close the file of an earlier version once nobody reads it."""
        if self.retired and not self.readers:
            self.file.close()


class Filters:
    """Counts and pages of the customers that a filter leaves.

    Parameters
    ----------
    results : Results
        The results database.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._queue = FairQueue(AT_ONCE)
        self._opened: _Opened | None = None
        self._opening: tuple[Version, asyncio.Task[_Opened]] | None = None
        self._answers: OrderedDict[tuple[object, ...], asyncio.Task[Any]] = OrderedDict()
        # what was last asked about everybody, and will be asked about the next run too
        self._common: OrderedDict[Hashable, Callable[..., Any]] = OrderedDict()

    async def count(self, request: AnyRequest, tree: Filter | None) -> RunReading[Row]:
        """Count the customers that a filter leaves and a list may name, and sum their money.

        Raises
        ------
        StoreError
            Nothing is published, or the run is being made ready for filters.
        PlatformError
            The filter takes too long.
        """
        return await self._answer(
            request, "count", tree, lambda file, waiting, sets: file.count(tree, waiting, sets)
        )

    async def list_ids(
        self,
        request: AnyRequest,
        tree: Filter | None,
        sort: str | None,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> "RunReading[pa.Array]":
        """Return the ids that a filter leaves and a list may name, in an order; errors as above."""
        return await self._answer(
            request,
            ("ids", sort, after, limit),
            tree,
            lambda file, waiting, sets: file.list_ids(
                tree, sort, after=after, limit=limit, waiting=waiting, sets=sets
            ),
            keep=limit is not None,
        )

    async def count_buyers(
        self, request: AnyRequest, tree: Filter | None, families: Mapping[str, Sequence[str]]
    ) -> list[Row]:
        """Count who of a filter's customers bought each family; nobody where it is not known."""
        question = b"buyers" + msgspec.json.encode(families)
        try:
            reading = await self._answer(
                request,
                question,
                tree,
                lambda file, waiting, sets: file.count_buyers(tree, families, waiting, sets),
            )
        except InputError:  # published without what was bought
            return []
        return reading.content

    async def count_scores(
        self, request: AnyRequest, tree: Filter | None = None
    ) -> RunReading[list[Row]]:
        """Count customers by their scores of recency and frequency; errors as :meth:`count`."""
        return await self._answer(
            request,
            "scores",
            tree,
            lambda file, waiting, sets: file.count_scores(tree, waiting, sets),
        )

    async def count_bands(
        self, request: AnyRequest, tree: Filter | None = None
    ) -> RunReading[list[Row]]:
        """Count customers by segment and risk, with what may be lost; errors as :meth:`count`."""
        return await self._answer(
            request,
            "bands",
            tree,
            lambda file, waiting, sets: file.count_bands(tree, waiting, sets),
        )

    async def count_segments(self, request: AnyRequest) -> RunReading[list[Row]]:
        """Count by segment what its measures are made of; errors as :meth:`count`."""
        return await self._answer(
            request, "segments", None, lambda file, _, __: file.count_segments()
        )

    async def count_reached(
        self, request: AnyRequest, thresholds: Sequence[float]
    ) -> RunReading[list[Row]]:
        """Count who of the list at risk may lose so much; errors as :meth:`count`."""
        return await self._answer(
            request,
            ("reached", *thresholds),
            None,
            lambda file, waiting, _: file.count_reached(thresholds, waiting),
        )

    async def list_shares(
        self, request: AnyRequest, name: str, shares: Sequence[float], tree: Filter | None = None
    ) -> RunReading[list[Row]]:
        """Count who has the most of an amount, by shares of all; errors as :meth:`count`."""
        return await self._answer(
            request,
            ("shares", name, *shares),
            tree,
            lambda file, waiting, sets: file.list_shares(name, shares, tree, waiting, sets),
        )

    async def list_quantiles(
        self, request: AnyRequest, segment: int, names: Sequence[str], shares: Sequence[float]
    ) -> dict[str, tuple[int, list[float]]]:
        """List the values that shares of a segment reach, by column; errors as :meth:`count`."""
        reading = await self._answer(
            request,
            ("quantiles", segment, *names, *shares),
            None,
            lambda file, waiting, _: file.list_quantiles(segment, names, shares, waiting),
        )
        return reading.content

    async def count_days(
        self, request: AnyRequest, name: str, ahead: int, tree: Filter | None = None
    ) -> RunReading[list[Row]]:
        """Count customers by a day of theirs, up to so many days ahead; errors as :meth:`count`."""
        reading = await self._answer(
            request,
            ("days", name),
            tree,
            lambda file, waiting, sets: file.count_days(name, tree, waiting, sets),
        )
        until = reading.run.as_of + dt.timedelta(ahead)
        rows = [row for row in reading.content if cast(dt.date, row["day"]) <= until]
        return RunReading(reading.run, rows)

    async def count_reasons(self, request: AnyRequest, tree: Filter | None = None) -> list[Row]:
        """Count a filter's customers by all that speaks for their leaving, ``reasons``."""
        reading = await self._answer(
            request,
            "reasons",
            tree,
            lambda file, waiting, sets: file.count_reasons(tree, waiting, sets),
        )
        return reading.content

    async def keep_ready(self) -> None:
        """Take each new run's file, and ask it what pages ask, before somebody has to wait for it.

        Only once filters were asked for: who only looks up loads none of it.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._get_ready()
            except ClientelaError:  # a request says it again
                continue
            except Exception as error:
                logger(sys.stderr).warning("filters_not_ready", why=type(error).__name__)

    async def _get_ready(self) -> None:
        before = self._opened
        if before is None:
            return
        async with self._hold() as opened:
            questions = [] if opened is before else list(self._common.items())
        for question, read in questions:
            await self._answer(None, question, None, read)

    async def _answer(
        self,
        request: AnyRequest | None,
        question: Hashable,
        tree: Filter | None,
        read: "Callable[[FilterFile, frozenset[str], Sets | None], T]",
        *,
        keep: bool = True,
    ) -> RunReading[T]:
        """Answer a question about a filter once for each run and state of it, however many ask."""
        waiting = await self._find_waiting()
        async with self._hold() as opened:
            key = (opened.version, waiting, question, msgspec.json.encode(tree))
            if tree is None and keep:
                self._common[question] = read
                self._common.move_to_end(question)
                while len(self._common) > MOST_COMMON:
                    self._common.popitem(last=False)
            if key not in self._answers:
                found = self._find(request, opened, tree, partial(read, opened.file, waiting))
                task = self._answers[key] = asyncio.create_task(found)
                task.add_done_callback(partial(self._forget, key, keep=keep))
                if len(self._answers) > MOST_ANSWERS:
                    self._answers.popitem(last=False)
            # whoever goes away leaves the others their answer
            return RunReading(opened.run, await asyncio.shield(self._answers[key]))

    async def _find(
        self,
        request: AnyRequest | None,
        opened: _Opened,
        tree: Filter | None,
        read: "Callable[[Sets], T]",
    ) -> T:
        with opened.reading():
            sets = await self._read_sets(opened, tree)
            return await self._ask(request, partial(read, sets))

    def _forget(self, key: tuple[object, ...], task: "asyncio.Task[Any]", *, keep: bool) -> None:
        """Let the next one ask anew what failed, and what is too large to be kept."""
        fails = task.cancelled() or task.exception() is not None
        if (fails or not keep) and self._answers.get(key) is task:
            del self._answers[key]

    async def suggest_ids(self, beginning: str, limit: int) -> RunReading[list[str]]:
        """Return the first ids that begin so, of customers whom a list may name."""
        waiting = await self._find_waiting()
        async with self._hold() as opened:
            return RunReading(opened.run, opened.file.suggest_ids(beginning, limit, waiting))

    async def list_products(self, request: AnyRequest, customer_id: str) -> list[str]:
        """Return the products that a customer ever bought; none where it is not known."""
        async with self._hold() as opened:
            try:
                return await self._ask(request, partial(opened.file.list_products, customer_id))
            except InputError:  # published without what was bought
                return []

    async def list_attributes(self) -> "dict[str, Kind]":
        """Return the attributes of the firm's own that a filter may name, with their kinds."""
        async with self._hold() as opened:
            return opened.file.attributes

    async def list_vocabulary(self, request: AnyRequest) -> dict[str, list[str]]:
        """Return the different texts of what describes customers, by its column in filters."""
        async with self._hold() as opened:
            if opened.vocabulary is None:
                opened.vocabulary = await self._ask(request, opened.file.list_vocabulary)
            return opened.vocabulary

    async def read_page(
        self,
        request: AnyRequest,
        tree: Filter | None,
        sort: str | None,
        after: str | None,
        limit: int,
        run_id: str | None = None,
    ) -> RunReading[list[Row]]:
        """Return the customers that a filter leaves and a list may name, in an order, after one.

        Pages of an earlier run come from the results database, which takes its time.

        Raises
        ------
        InputError
            The run's customers are no longer kept.
        """
        run = await self._results.read_run()
        if run_id not in (None, run.run_id):
            return await self._results.ask(
                lambda reader: reader.filter_page(tree, sort, after, limit, run_id), long=True
            )
        await self._results.ask(lambda reader: reader.check_place(run.run_id, after))
        reading = await self.list_ids(request, tree, sort, after=after, limit=limit)
        if run_id not in (None, reading.run.run_id):  # published in between
            return await self.read_page(request, tree, sort, after, limit, run_id)
        return RunReading(reading.run, await self.read_rows(reading.run.run_id, reading.content))

    async def read_rows(self, run_id: str, ids: "pa.Array") -> list[Row]:
        """Return the customers of some ids as the results database has them.

        Raises
        ------
        InputError
            They are no longer kept, or have other ids since they were listed.
        """
        texts = ids.to_pylist()
        return await self._results.ask(
            lambda reader: reader.customers_of_run(run_id, texts), long=True
        )

    async def close(self) -> None:
        """Close the file, after the thread that may be opening one."""
        if self._opening is not None:
            await asyncio.gather(self._opening[1], return_exceptions=True)
        if self._opened is not None:
            self._opened.file.close()
        self._opening = self._opened = None  # an application may be started again

    async def _read_sets(self, opened: _Opened, tree: Filter | None) -> "dict[str, pa.Array]":
        """Return the rows behind the conditions that the results database alone knows."""
        sets = {}
        for condition in [] if tree is None else list_sets(tree):
            text = write_filter(condition)
            if text not in opened.sets:
                read = partial(_read_set, opened=opened, condition=condition)
                opened.sets[text] = await self._results.ask(read, long=True)
            opened.sets.move_to_end(text)
            sets[text] = opened.sets[text]
        while len(opened.sets) > MOST_KEPT_SETS:
            opened.sets.popitem(last=False)
        return sets

    async def _find_waiting(self) -> frozenset[str]:
        return (await self._results.ask(lambda reader: reader.erasures()))[1]

    async def _ask(self, request: AnyRequest | None, read: Callable[[], T]) -> T:
        async with self._queue.turn("" if request is None else _name_client(request)):
            return await sync_to_thread(read)

    @asynccontextmanager
    async def _hold(self) -> AsyncIterator[_Opened]:
        """Hold the file of the published run."""
        run, versions = await self._results.ask(lambda reader: reader.file_versions())
        changes = versions.get("filters"), versions.get("listing"), versions.get("ids")
        version: Version = (run.run_id, *changes)
        opened = self._opened
        if opened is None or opened.version != version:
            opened = await self._open(version, run)
        with opened.reading():
            yield opened

    async def _open(self, version: Version, run: RunRecord) -> _Opened:
        """Wait for the file of a version, though not for long."""
        if self._opening is None or self._opening[0] != version or self._opening[1].done():
            self._opening = (version, asyncio.create_task(self._replace(version, run)))
        task = self._opening[1]
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not task.done():
            raise StoreError(
                "the results are being made ready for filters", do="try again in some seconds"
            )
        return task.result()

    async def _replace(self, version: Version, run: RunRecord) -> _Opened:
        file = await self._results.ask(partial(_open_file, version=version), long=True)
        earlier, self._opened = self._opened, _Opened(version, run, file)
        if earlier is not None:
            earlier.retired = True
            earlier.close_unread()
        return self._opened


def _name_client(request: AnyRequest) -> str:
    caller, address = request.scope.get("auth"), request.scope.get("client")
    return caller.caller_id if caller is not None else str(address and address[0])


def _read_set(reader: Reader, opened: _Opened, condition: Condition) -> "pa.Array":
    from clientela.store.filter_sets import read_set

    return opened.file.find_rows(read_set(reader, condition, opened.run.run_id))


def _open_file(reader: Reader, version: Version) -> "FilterFile":
    """Take the file of a run from the database, or make it of the rows there."""
    from clientela.engine.column_file import write_column_file
    from clientela.store.filter_attributes import list_attribute_names
    from clientela.store.filter_file import FilterFile
    from clientela.store.filter_queries import select_attribute_line
    from clientela.store.filter_rows import batch_rows
    from clientela.store.run_files import FILTERS, join_parts

    run_id, digest, *_ = version
    with tempfile.TemporaryDirectory(prefix="clientela-") as folder:
        path = Path(folder, "run.duckdb")
        if digest is None:
            lines = reader.ask(select_attribute_line(), run_id=run_id)
            names = list_attribute_names(str(lines[0]["line"]) if lines else None)
            write_column_file(path, batch_rows(_read_pages(reader, run_id), names))
        elif join_parts(reader.read_file(run_id, FILTERS), path) != digest:
            raise StoreError("the results changed while they were read", do="try again")
        return FilterFile(path, reader.read_suppressed())


def _read_pages(reader: Reader, run_id: str) -> Iterator[list[Row]]:
    after: str | None = None
    while True:
        try:
            rows = reader.read_list("customers", None, after, REBUILD_ROWS, run_id).content
        except InputError:  # a run without a customer
            rows = []
        if rows or after is None:
            yield rows
        if len(rows) < REBUILD_ROWS:
            return
        after = str(rows[-1]["customer_id"])


def get_filters(request: AnyRequest) -> Filters:
    """Return the filters that the server was made with."""
    return cast(Filters, request.app.state.filters)

"""Filters over the published run's customers, answered by its DuckDB file.

Two questions run at a time, so that look-ups go on beside them, and clients take turns.
"""

import asyncio
import datetime as dt
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec
from litestar.concurrency import sync_to_thread

from clientela.errors import ClientelaError, InputError
from clientela.serving.fair_queue import FairQueue
from clientela.serving.filter_files import Answers, OpenFile, OpenFiles
from clientela.serving.pinned import create_task
from clientela.serving.problems import AnyRequest
from clientela.serving.results import Results
from clientela.store.filters import Condition, Filter, list_sets, write_filter
from clientela.store.read import Reader, Row, RunReading
from clientela.telemetry import logger

if TYPE_CHECKING:  # who only looks up loads neither DuckDB nor Arrow
    import pyarrow as pa

    from clientela.store.filter_attributes import Kind
    from clientela.store.filter_file import FilterFile, Sets

T = TypeVar("T")
AT_ONCE = 2  # by convention: half of a small machine's cores stay with look-ups
MOST_ANSWERS = 1_000  # by convention: a count has some 200 bytes, reasons some 50 KB
LOOK_SECONDS = 5.0  # by convention: who opens a page after a publishing waits for no file
MOST_COMMON = 20  # by convention: twice the questions of a page
MOST_KEPT_SETS = 20  # by convention: twice a filter's, 4 MB each of a million customers


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
        self._files = OpenFiles(results)
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
        before = self._files.current
        if before is None:
            return
        async with self._files.hold() as opened:
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
        async with self._files.hold() as opened:
            answers, key = opened.answers, (waiting, question, msgspec.json.encode(tree))
            if tree is None and keep:
                self._common[question] = read
                self._common.move_to_end(question)
                while len(self._common) > MOST_COMMON:
                    self._common.popitem(last=False)
            if key not in answers:
                found = self._find(request, opened, tree, partial(read, opened.file, waiting))
                task = answers[key] = create_task(found)
                task.add_done_callback(partial(_forget, answers, key, keep=keep))
                if len(answers) > MOST_ANSWERS:
                    answers.popitem(last=False)
            # whoever goes away leaves the others their answer
            return RunReading(opened.run, await asyncio.shield(answers[key]))

    async def _find(
        self,
        request: AnyRequest | None,
        opened: OpenFile,
        tree: Filter | None,
        read: "Callable[[Sets], T]",
    ) -> T:
        with opened.reading():
            sets = await self._read_sets(opened, tree)
            return await self._ask(request, partial(read, sets))

    async def suggest_ids(self, beginning: str, limit: int) -> RunReading[list[str]]:
        """Return the first ids that begin so, of customers whom a list may name."""
        waiting = await self._find_waiting()
        async with self._files.hold() as opened:
            return RunReading(opened.run, opened.file.suggest_ids(beginning, limit, waiting))

    async def list_products(self, request: AnyRequest, customer_id: str) -> list[str]:
        """Return the products that a customer ever bought; none where it is not known."""
        async with self._files.hold() as opened:
            try:
                return await self._ask(request, partial(opened.file.list_products, customer_id))
            except InputError:  # published without what was bought
                return []

    async def list_attributes(self) -> "dict[str, Kind]":
        """Return the attributes of the firm's own that a filter may name, with their kinds."""
        async with self._files.hold() as opened:
            return opened.file.attributes

    async def list_vocabulary(self, request: AnyRequest) -> dict[str, list[str]]:
        """Return the different texts of what describes customers, by its column in filters."""
        async with self._files.hold() as opened:
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
        await self._files.close()

    async def _read_sets(self, opened: OpenFile, tree: Filter | None) -> "dict[str, pa.Array]":
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


def _forget(
    answers: Answers, key: tuple[object, ...], task: "asyncio.Task[Any]", *, keep: bool
) -> None:
    """Let the next one ask anew what failed, and what is too large to be kept."""
    fails = task.cancelled() or task.exception() is not None
    if (fails or not keep) and answers.get(key) is task:
        del answers[key]


def _name_client(request: AnyRequest) -> str:
    caller, address = request.scope.get("auth"), request.scope.get("client")
    return caller.caller_id if caller is not None else str(address and address[0])


def _read_set(reader: Reader, opened: OpenFile, condition: Condition) -> "pa.Array":
    from clientela.store.filter_sets import read_set

    return opened.file.find_rows(read_set(reader, condition, opened.run.run_id))


def get_filters(request: AnyRequest) -> Filters:
    """Return the filters that the server was made with."""
    return cast(Filters, request.app.state.filters)

"""The open DuckDB files of filters: that of the published run, and those of pinned states.

A file is taken from the results database into a temporary place, opened and unlinked, so that a
server that is killed leaves nothing; with all that was answered from it, it goes once it is neither
of the published run nor read.
"""

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clientela.errors import InputError, StoreError
from clientela.serving.pinned import create_task, find_pinned
from clientela.serving.results import Results
from clientela.store.read import Reader, Row
from clientela.store.record import RunRecord

if TYPE_CHECKING:  # who only looks up loads neither DuckDB nor Arrow
    import pyarrow as pa

    from clientela.store.filter_file import FilterFile

PATIENCE_SECONDS = 10.0  # by convention: what a person waits; a million customers take .5
REBUILD_ROWS = 5_000  # rows of the results database held as objects at a time, some 50 MB

Version = tuple[str, str | None, str | None, str | None]
Answers = OrderedDict[tuple[object, ...], asyncio.Task[Any]]


class OpenFile:
    """The open file of a version, how many read it, and what was answered from it."""

    def __init__(self, version: Version, run: RunRecord, file: "FilterFile") -> None:
        self.version, self.run, self.file = version, run, file
        self.readers, self.retired, self.closed = 0, True, False
        self.vocabulary: dict[str, list[str]] | None = None
        self.sets: OrderedDict[str, pa.Array] = OrderedDict()
        self.answers: Answers = OrderedDict()

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
            self.closed = True
            self.file.close()


class OpenFiles:
    """The open files by their versions, and the one of the published run.

    Parameters
    ----------
    results : Results
        The results database.
    """

    def __init__(self, results: Results) -> None:
        self._results = results
        self._files: dict[Version, OpenFile] = {}
        self._opening: dict[Version, asyncio.Task[OpenFile]] = {}
        self.current: OpenFile | None = None

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[OpenFile]:
        """Hold the file of the published run, or of the state that is pinned.

        Raises
        ------
        StoreError
            Nothing is published, or opening the file takes long.
        """
        run, versions = await self._results.ask(lambda reader: reader.file_versions())
        changes = versions.get("filters"), versions.get("listing"), versions.get("ids")
        version: Version = (run.run_id, *changes)
        opened = self._files.get(version)
        if opened is None or opened.closed:
            opened = await self._wait_for(version, run)
        self._keep(opened)
        with opened.reading():
            yield opened

    async def close(self) -> None:
        """Close the file, after the thread that may be opening one."""
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        if self.current is not None:
            self.current.file.close()
        self.current = None  # an application may be started again
        self._files.clear()

    async def _wait_for(self, version: Version, run: RunRecord) -> OpenFile:
        """Wait for the file of a version, though not for long."""
        task = self._opening.get(version)
        if task is None:
            task = self._opening[version] = create_task(self._open(version, run))
            task.add_done_callback(partial(self._forget_opening, version))
        await asyncio.wait({task}, timeout=PATIENCE_SECONDS)
        if not task.done():
            raise StoreError(
                "the results are being made ready for filters", do="try again in some seconds"
            )
        return task.result()

    def _forget_opening(self, version: Version, task: "asyncio.Task[OpenFile]") -> None:
        del self._opening[version]
        if not task.cancelled():
            task.exception()  # seen, though whoever waited may have gone: the next one tries again

    async def _open(self, version: Version, run: RunRecord) -> OpenFile:
        file = await self._results.ask(partial(_open_file, version=version), long=True)
        opened = OpenFile(version, run, file)
        self._files = {key: held for key, held in self._files.items() if not held.closed}
        self._files[version] = opened
        self._keep(opened)
        return opened

    def _keep(self, opened: OpenFile) -> None:
        """Keep a file for the pinned state that is read, or in the place of the earlier one."""
        pinned = find_pinned()
        if pinned is not None:
            pinned.hold_file(opened.reading())
        elif opened is not self.current:
            earlier, self.current = self.current, opened
            opened.retired = False
            if earlier is not None:
                earlier.retired = True
                earlier.close_unread()


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

"""CSV and its kin: decoded, counted and parsed in one pass over the file.

The parser and the counter see the same text and know nothing of each other; a file on whose number
of records they differ is refused.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pc

from clientela.config import Source
from clientela.errors import SourceError
from clientela.files.object_store import TEXT_ENDINGS
from clientela.sources.decoding import Undecodable, encodings
from clientela.sources.guard import Guard
from clientela.sources.names import check_same_names
from clientela.sources.opening import (
    Digest,
    find_files,
    first_bytes,
    is_gzip,
    name_files,
)
from clientela.sources.staging import REJECTS, Sample, StagedSource, Writer, writing
from clientela.sources.text import RecordStream, Text, begin

SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once
BLOCKS = (1 << 22, 1 << 26)  # the second for a file with a record longer than the first
MOST_REJECTS = 100_000  # by convention: beyond, and beyond half of all, the grammar is wrong
Numbers = npt.NDArray[np.int64]


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of a text file, or a folder's first with any."""
    samples = (_peek_file(path, settings) for path in find_files(Path(location), TEXT_ENDINGS))
    first = next(samples)
    return first if first.rows else next((more for more in samples if more.rows), first)


def _peek_file(path: Path, settings: Source) -> Sample:
    for encoding in encodings(first_bytes(path, 4), settings.encoding):
        try:
            return _sample(begin(path, encoding, settings))
        except Undecodable as error:
            failure = error
    raise failure.explain(str(path))


def _sample(text: Text) -> Sample:
    dialect = text.dialect
    records = dialect.records(text.head, text.at_end)[:SAMPLE_ROWS]
    rows = [tuple(value or None for value in dialect.split(record)) for record in records]
    return Sample(text.columns, tuple(row for row in rows if len(row) == len(text.columns)))


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read a text file whole, trying encodings over the whole of it; or those of a folder.

    Raises
    ------
    SourceError
        It cannot be read whole; the message names the line or record where trouble starts.
    """
    parts: list[StagedSource] = []
    for number, path in enumerate(find_files(Path(location), TEXT_ENDINGS)):
        before = sum(part.counted for part in parts)
        parts.append(_stage_file(path, settings, guard, folder, before, name_part(number)))
    return join_parts(location, parts, name_files([part.sha256 for part in parts]))


def name_part(number: int) -> str:
    """Name the staging file of a part of a source."""
    return f"staging-{number}" if number else "staging"


def _stage_file(
    path: Path, settings: Source, guard: Guard, folder: Path, before: int, name: str
) -> StagedSource:
    for encoding in encodings(first_bytes(path, 4), settings.encoding):
        try:
            opened = partial(begin, path, encoding, settings)
            return stage_text(opened, guard, folder, before, name)
        except Undecodable as error:
            failure = error
    raise failure.explain(str(path))


def join_parts(location: str, parts: Sequence[StagedSource], sha256: str) -> StagedSource:
    """Put the staged parts of a source, in their order, together.

    Raises
    ------
    SourceError
        They have no rows, or not the same columns.
    """
    first = parts[0]
    for part in parts:
        check_same_names(part.columns, first.columns, part.location)
    counted, rejected = (sum(getattr(part, of) for part in parts) for of in ("counted", "rejected"))
    if counted == 0:
        raise SourceError(
            "the file has a header and no rows", where=location, do="give a file with rows"
        )
    files = len({part.location for part in parts})
    return replace(
        first,
        location=location,
        paths=tuple(path for part in parts for path in part.paths),
        counted=counted,
        parsed=sum(part.parsed for part in parts),
        rejected=rejected,
        rejects=pa.concat_tables([part.rejects for part in parts]),
        sha256=sha256,
        details=first.details | ({"files": str(files)} if files > 1 else {}),
    )


class _Rejects:
    """The records that the parser rejects, as they may be stored."""

    def __init__(self, guard: Guard, where: str, before: int) -> None:
        self.numbers: list[int] = []
        self._rows: list[dict[str, object]] = []
        self._guard = guard
        self._where = where
        self._before = before
        self._hopeless = False

    def __call__(self, row: pc.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where the header names {row.expected_columns}"
        line = self._guard.line(row.text)
        number = self._before + row.number
        self._rows.append({"source_row": number, "line": line, "reason": reason})
        self.numbers.append(row.number)
        self._hopeless = len(self._rows) > max(MOST_REJECTS, row.number // 2)
        return "error" if self._hopeless else "skip"

    def check(self) -> None:
        """Refuse a file that is not what it was taken for before it fills the memory."""
        if self._hopeless:
            raise SourceError(
                f"most records do not fit the header: {self._rows[0]['reason']}",
                where=f"{self._where}, record {self.numbers[0]:,}",
                do="check source.delimiter and the first line",
            )

    def table(self) -> pa.Table:
        """Return the rejected records."""
        return pa.Table.from_pylist(self._rows, REJECTS)


def stage_text(
    open_text: Callable[[Digest], Text], guard: Guard, folder: Path, before: int, name: str
) -> StagedSource:
    """Read the records of a text into a staging file of a name.

    Parameters
    ----------
    open_text : callable
        Opens the text and feeds a digest with it; called once more where a record is long.
    guard : Guard
        What values pass.
    folder : Path
        Where the file is written.
    before : int
        The records of the source before this text's.
    name : str
        Of the file.

    Raises
    ------
    SourceError
        It cannot be read whole.
    Undecodable
        It is not of the encoding.
    """
    for block_bytes in BLOCKS:
        digest = hashlib.sha256()
        text = open_text(digest)
        stream = RecordStream(text)
        rejects = _Rejects(guard, text.where, before)
        with writing(folder, text.columns, guard, name) as (target, writer):
            failure = _parse(text, stream, rejects, writer, block_bytes, before)
        rejects.check()
        counted = stream.count()
        if failure is None or counted == 0:
            _check_counts(counted, writer.rows, rejects, text.where)
            return StagedSource(
                location=text.where,
                paths=(target,),
                columns=writer.columns,
                counted=counted,
                parsed=writer.rows,
                rejected=len(rejects.numbers),
                rejects=rejects.table(),
                sha256=digest.hexdigest(),
                typed=frozenset(),
                details=_details(text),
            )
    raise SourceError(
        f"the parser fails after record {writer.rows + len(rejects.numbers):,}: {failure}",
        where=text.where,
        do="look for a field of more than 64 MB, or a quote that is never closed",
    )


def _parse(
    text: Text,
    stream: RecordStream,
    rejects: _Rejects,
    writer: Writer,
    block_bytes: int,
    before: int,
) -> pa.ArrowInvalid | None:
    """Write what the parser gives, up to the end or to its failure."""
    try:
        for batch in _batches(text, stream, rejects, block_bytes):
            numbers = _record_numbers(len(batch), writer.rows, rejects.numbers)
            writer.write(pa.array(before + numbers), batch.columns)
    except pa.ArrowInvalid as error:
        return error
    return None


def _batches(
    text: Text, stream: RecordStream, rejects: _Rejects, block_bytes: int
) -> Iterator[pa.RecordBatch]:
    dialect = text.dialect
    reader = pc.open_csv(
        pa.PythonFile(stream, mode="r"),
        # Without threads the parser tells the numbers of rejected records.
        read_options=pc.ReadOptions(
            column_names=text.columns, block_size=block_bytes, use_threads=False
        ),
        parse_options=pc.ParseOptions(
            delimiter=dialect.delimiter.decode(),
            quote_char='"' if dialect.quoting else False,
            newlines_in_values=dialect.quoting,
            invalid_row_handler=rejects,
        ),
        convert_options=pc.ConvertOptions(
            check_utf8=False,
            column_types={column: pa.string() for column in text.columns},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return iter(reader)


def _record_numbers(rows: int, before: int, rejected: list[int]) -> Numbers:
    """Return parsed records, ``before`` others before them, their numbers among rejected ones.

    Examples
    --------
    >>> _record_numbers(3, before=1, rejected=[1, 4])
    array([3, 5, 6])
    """
    nth = np.arange(before + 1, before + rows + 1)
    parsed_before = np.array(rejected, np.int64) - np.arange(1, len(rejected) + 1)
    numbers: Numbers = nth + np.searchsorted(parsed_before, nth)
    return numbers


def _check_counts(counted: int, parsed: int, rejects: _Rejects, where: str) -> None:
    if parsed + len(rejects.numbers) != counted:
        raise SourceError(
            f"{counted:,} records were counted, but {parsed:,} parsed and "
            f"{len(rejects.numbers):,} rejected",
            where=where + (f", record {rejects.numbers[0]:,}" if rejects.numbers else ""),
            do="look for quotes that are not closed, or set source.delimiter",
        )


def _details(text: Text) -> dict[str, str]:
    compression = {"compression": "gzip"} if is_gzip(Path(text.where)) else {}
    return {
        "format": "CSV",
        "delimiter": text.dialect.name,
        "encoding": text.encoding.removesuffix("-sig"),
        **compression,
    }

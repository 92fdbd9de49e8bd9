"""CSV and its kin: decoded, counted and parsed in one pass over the file.

The parser and the counter see the same text and know nothing of each other; a file on whose number
of records they differ is refused.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pc

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.decoding import Undecodable, encodings
from clientela.sources.guard import Guard
from clientela.sources.opening import first_bytes, is_gzip
from clientela.sources.staging import REJECTS, Sample, StagedSource, Writer, writing
from clientela.sources.text import RecordStream, Text, begin

SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once
BLOCKS = (1 << 22, 1 << 26)  # the second for a file with a record longer than the first
MOST_REJECTS = 100_000  # by convention: beyond, and beyond half of all, the grammar is wrong
Numbers = npt.NDArray[np.int64]


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of a text file."""
    path = Path(location)
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
    """Read a text file whole, trying encodings over the whole of it.

    Raises
    ------
    SourceError
        It cannot be read whole; the message names the line or record where trouble starts.
    """
    path = Path(location)
    for encoding in encodings(first_bytes(path, 4), settings.encoding):
        try:
            return _stage_as(encoding, path, settings, guard, folder)
        except Undecodable as error:
            failure = error
    raise failure.explain(str(path))


class _Rejects:
    """The records that the parser rejects, as they may be stored."""

    def __init__(self, guard: Guard, where: str) -> None:
        self.numbers: list[int] = []
        self._rows: list[dict[str, object]] = []
        self._guard = guard
        self._where = where
        self._hopeless = False

    def __call__(self, row: pc.InvalidRow) -> str:
        reason = f"{row.actual_columns} fields where the header names {row.expected_columns}"
        line = self._guard.line(row.text)
        self._rows.append({"source_row": row.number, "line": line, "reason": reason})
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


def _stage_as(
    encoding: str, path: Path, settings: Source, guard: Guard, folder: Path
) -> StagedSource:
    for block_bytes in BLOCKS:
        digest = hashlib.sha256()
        text = begin(path, encoding, settings, digest)
        stream = RecordStream(text)
        rejects = _Rejects(guard, text.where)
        with writing(folder, text.columns, guard) as (target, writer):
            failure = _parse(text, stream, rejects, writer, block_bytes)
        rejects.check()
        counted = stream.count()
        if counted == 0:
            raise SourceError(
                "the file has a header and no rows", where=text.where, do="give a file with rows"
            )
        if failure is None:
            _check_counts(counted, writer.rows, rejects, text.where)
            return StagedSource(
                location=text.where,
                path=target,
                columns=writer.columns,
                counted=counted,
                parsed=writer.rows,
                rejected=len(rejects.numbers),
                rejects=rejects.table(),
                sha256=digest.hexdigest(),
                typed=frozenset(),
                details=_details(text, path),
            )
    raise SourceError(
        f"the parser fails after record {writer.rows + len(rejects.numbers):,}: {failure}",
        where=text.where,
        do="look for a field of more than 64 MB, or a quote that is never closed",
    )


def _parse(
    text: Text, stream: RecordStream, rejects: _Rejects, writer: Writer, block_bytes: int
) -> pa.ArrowInvalid | None:
    """Write what the parser gives, up to the end or to its failure."""
    try:
        for batch in _batches(text, stream, rejects, block_bytes):
            numbers = _record_numbers(len(batch), writer.rows, rejects.numbers)
            writer.write(pa.array(numbers), batch.columns)
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


def _details(text: Text, path: Path) -> dict[str, str]:
    compression = {"compression": "gzip"} if is_gzip(path) else {}
    return {
        "format": "CSV",
        "delimiter": text.dialect.name,
        "encoding": text.encoding.removesuffix("-sig"),
        **compression,
    }

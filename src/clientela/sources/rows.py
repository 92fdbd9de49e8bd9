"""Rows of Python values, as spreadsheets and databases give them, to batches of text."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import pyarrow as pa

from clientela.sources.staging import Sample, Writer
from clientela.sources.values import check_no_nul, is_number, text_of

BATCH_ROWS = 20_000  # by convention, some MB a batch
SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once


def sample(columns: tuple[str, ...], rows: Iterable[Sequence[object]]) -> Sample:
    """Return the first rows as text."""
    first = islice(rows, SAMPLE_ROWS)
    return Sample(columns, tuple(tuple(text_of(value) for value in row) for row in first))


def write_rows(
    writer: Writer, columns: Sequence[str], rows: Iterable[Sequence[object]], where: str
) -> frozenset[str]:
    """Write rows to a staging file, and tell the columns whose every value is a number."""
    numbers = set(columns)
    for batch in _batches(iter(rows)):
        texts = []
        for column, values in zip(columns, zip(*batch, strict=True), strict=True):
            if not all(is_number(value) for value in values if value is not None and value != ""):
                numbers.discard(column)
            text = pa.array([text_of(value) for value in values], pa.string())
            texts.append(check_no_nul(text, column, where))
        first = writer.rows + 1
        writer.write(pa.array(range(first, first + len(batch)), pa.int64()), texts)
    return frozenset(numbers)


def _batches(rows: Iterator[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    while batch := list(islice(rows, BATCH_ROWS)):
        yield batch

"""Parquet: one file, or a folder of files with the same columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.names import check_names, check_same_names
from clientela.sources.opening import find_files, hash_file, name_files, try_hash, unreadable
from clientela.sources.staging import CallEach, Sample, StagedSource, Writer, writing
from clientela.sources.values import as_text, check_no_nul, is_number_type

BATCH_ROWS = 65_536  # by convention: a power of two that stays under some MB
PART_ROWS = 500_000  # of those that a worker reads; by convention: a few seconds of a core
SAMPLE_ROWS = 2_000  # by convention: enough to prove columns by, and read at once
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of Parquet files."""
    batch = next(_batches(_files(Path(location)), SAMPLE_ROWS))
    columns = check_names(batch.schema.names, location)
    texts = [
        _read_text(values, column, location).to_pylist()
        for column, values in zip(columns, batch.columns, strict=True)
    ]
    return Sample(columns, tuple(zip(*texts, strict=True)))


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read Parquet files whole.

    Raises
    ------
    SourceError
        A file is damaged, or their columns differ.
    """
    files = _files(Path(location))
    schema = next(_batches(files, 1)).schema
    columns = check_names(schema.names, location)
    with writing(folder, columns, guard) as (target, writer):
        for batch in _batches(files, BATCH_ROWS):
            _write_batch(writer, batch, columns, 0, location)
    counted = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    sha256 = name_files([hash_file(file) for file in files])
    staged = _describe(location, (target,), schema, guard, sha256, len(files))
    return _check_count(replace(staged, counted=counted, parsed=writer.rows))


class _Span(NamedTuple):
    """Row groups of a file, after ``before`` rows of the source."""

    file: Path
    file_bytes: int
    groups: tuple[int, ...]
    before: int
    rows: int


def stage_parts(
    location: str, settings: Source, guard: Guard, folder: Path, call_each: CallEach
) -> StagedSource | None:
    """Read Parquet files in parts, each into a file of its own.

    Returns
    -------
    StagedSource or None
        None where there are no two parts, or one of them could not be read where it should be.
    """
    files = _files(Path(location).resolve())
    spans = _split(files)
    schemas = [_flat_schema(file) for file in files]
    if len(spans) < 2 or len({frozenset(schema.names) for schema in schemas}) > 1:
        return None
    columns = check_names(schemas[0].names, location)
    read = partial(_stage_span, names=schemas[0].names, columns=columns, guard=guard, folder=folder)
    paths = [path for path in call_each(read, spans) if path]
    hashes = [hash_ for hash_ in call_each(try_hash, files) if hash_]
    if len(paths) < len(spans) or len(hashes) < len(files):
        return None
    parsed = sum(pq.ParquetFile(path).metadata.num_rows for path in paths)
    staged = _describe(location, tuple(paths), schemas[0], guard, name_files(hashes), len(files))
    return _check_count(replace(staged, counted=sum(span.rows for span in spans), parsed=parsed))


def _split(files: Sequence[Path]) -> list[_Span]:
    """Divide files into row groups of about :data:`PART_ROWS` together."""
    spans: list[_Span] = []
    for file in files:
        is_new = True
        whole = pq.ParquetFile(file).metadata
        for group in range(whole.num_row_groups):
            rows, last = whole.row_group(group).num_rows, spans[-1] if spans else None
            if last is None or is_new or last.rows + rows > PART_ROWS:
                before = last.before + last.rows if last else 0
                spans.append(_Span(file, file.stat().st_size, (group,), before, rows))
            else:
                spans[-1] = last._replace(groups=(*last.groups, group), rows=last.rows + rows)
            is_new = False
    return spans


def _stage_span(
    span: _Span, *, names: Sequence[str], columns: Sequence[str], guard: Guard, folder: Path
) -> Path | None:
    """Read row groups into a file of their own; None where they are not what was seen before."""
    try:
        if span.file.stat().st_size != span.file_bytes:
            return None
        name = f"staging-{span.before}-{uuid4().hex}"
        with writing(folder, columns, guard, name) as (path, writer):
            for batch in _file_batches(span.file, BATCH_ROWS, span.groups):
                _write_batch(writer, batch.select(names), columns, span.before, str(span.file))
    except (OSError, SourceError):
        return None
    return path


def _write_batch(
    writer: Writer, batch: pa.RecordBatch, columns: Sequence[str], before: int, location: str
) -> None:
    first = before + writer.rows + 1
    writer.write(
        pa.array(range(first, first + len(batch)), pa.int64()),
        [
            check_no_nul(_read_text(values, column, location), column, location)
            for column, values in zip(columns, batch.columns, strict=True)
        ],
    )


def _describe(
    location: str,
    paths: tuple[Path, ...],
    schema: pa.Schema,
    guard: Guard,
    sha256: str,
    files: int,
) -> StagedSource:
    columns = check_names(schema.names, location)
    numeric = [is_number_type(kind) for kind in schema.types]
    return StagedSource(
        location=location,
        paths=paths,
        columns=tuple(column for column in columns if not guard.drops(column)),
        counted=0,
        parsed=0,
        sha256=sha256,
        typed=frozenset(c for c, number in zip(columns, numeric, strict=True) if number),
        details={"format": "Parquet", "files": str(files)},
    )


def _check_count(staged: StagedSource) -> StagedSource:
    if staged.counted != staged.parsed:
        raise SourceError(
            f"{staged.counted:,} rows were counted, but {staged.parsed:,} read",
            where=staged.location,
        )
    return staged


def _read_text(values: pa.Array, column: str, location: str) -> pa.Array:
    try:
        return as_text(values)
    except pa.ArrowInvalid:
        raise SourceError(
            f"the column {column} holds bytes that are no text",
            where=location,
            do="leave it out of the file",
        ) from None


def _files(path: Path) -> list[Path]:
    """List the files in order."""
    files = find_files(path, [".parquet"])
    if not files:
        raise SourceError(
            "the folder holds no Parquet or CSV files",
            where=str(path),
            do="give a file, or its folder",
        )
    return files


def _batches(files: list[Path], rows: int) -> Iterator[pa.RecordBatch]:
    """Read the files as batches of one schema of names."""
    names: list[str] = []
    for file in files:
        for batch in _file_batches(file, rows):
            names = names or batch.schema.names
            check_same_names(batch.schema.names, names, str(file))
            yield batch.select(names)
    if not names:
        raise SourceError(
            "the file has columns and no rows", where=str(files[0]), do="give a file with rows"
        )


def _flat_schema(file: Path) -> pa.Schema:
    """Return the columns of a file: a list or struct is no value of a line; folders name others."""
    schema = pa.schema(
        [field for field in pq.read_schema(file) if not pa.types.is_nested(field.type)]
    )
    for name, _ in _partitions(file):
        if name not in schema.names:
            schema = schema.append(pa.field(name, pa.string()))
    return schema


def _partitions(file: Path) -> list[list[str]]:
    return [part.split("=", 1) for part in file.parent.parts if "=" in part]


def _file_batches(
    file: Path, rows: int, groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    try:
        whole = pq.ParquetFile(file)
        # A list or struct is no value of a line; nothing could be mapped to it.
        flat = [field.name for field in whole.schema_arrow if not pa.types.is_nested(field.type)]
        for batch in whole.iter_batches(batch_size=rows, columns=flat, row_groups=groups):
            for name, value in _partitions(file):
                partition_value = None if value == NO_PARTITION else unquote(value)
                if name not in batch.schema.names:
                    batch = batch.append_column(
                        name, pa.array([partition_value] * len(batch), pa.string())
                    )
            yield batch
    except pa.ArrowException as error:
        raise SourceError(
            f"the Parquet file is damaged: {error}", where=str(file), do="copy or export it again"
        ) from None
    except OSError as error:
        raise unreadable(file, error) from error

"""Parquet: one file, or a folder of files with the same columns."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.guard import Guard
from clientela.sources.names import check_names
from clientela.sources.opening import unreadable
from clientela.sources.staging import Sample, StagedSource, writing
from clientela.sources.values import as_text, check_no_nul, is_number_type

BATCH_ROWS = 65_536  # by convention: a power of two that stays under some MB
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
            numbers = pa.array(range(writer.rows + 1, writer.rows + len(batch) + 1), pa.int64())
            writer.write(
                numbers,
                [
                    check_no_nul(_read_text(values, column, location), column, location)
                    for column, values in zip(columns, batch.columns, strict=True)
                ],
            )
    counted = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    if counted != writer.rows:
        raise SourceError(
            f"{counted:,} rows were counted, but {writer.rows:,} read", where=location
        )
    numeric = [is_number_type(kind) for kind in schema.types]
    return StagedSource(
        location=location,
        path=target,
        columns=writer.columns,
        counted=counted,
        parsed=writer.rows,
        sha256=_sha256(files),
        typed=frozenset(c for c, number in zip(columns, numeric, strict=True) if number),
        details={"format": "Parquet", "files": str(len(files))},
    )


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
    """List the files in order, without those that begin with a dot or an underscore."""
    if path.is_file():
        return [path]
    files = [
        file
        for file in sorted(path.rglob("*.parquet"))
        if not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    ]
    if not files:
        raise SourceError(
            "the folder holds no Parquet files", where=str(path), do="give a file, or its folder"
        )
    return files


def _batches(files: list[Path], rows: int) -> Iterator[pa.RecordBatch]:
    """Read the files as batches of one schema of names."""
    names: list[str] = []
    for file in files:
        for batch in _file_batches(file, rows):
            names = names or batch.schema.names
            if set(batch.schema.names) != set(names):
                differing = sorted(set(batch.schema.names) ^ set(names))
                raise SourceError(
                    "the files have different columns: " + ", ".join(differing),
                    where=str(file),
                    do="give files of one layout, each layout by itself",
                )
            yield batch.select(names)
    if not names:
        raise SourceError(
            "the file has columns and no rows", where=str(files[0]), do="give a file with rows"
        )


def _file_batches(file: Path, rows: int) -> Iterator[pa.RecordBatch]:
    partitions = [part.split("=", 1) for part in file.parent.parts if "=" in part]
    try:
        whole = pq.ParquetFile(file)
        # A list or struct is no value of a line; nothing could be mapped to it.
        flat = [field.name for field in whole.schema_arrow if not pa.types.is_nested(field.type)]
        for batch in whole.iter_batches(batch_size=rows, columns=flat):
            for name, value in partitions:
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


def _sha256(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            while chunk := content.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()

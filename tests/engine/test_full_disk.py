"""A file for filters that finds no room says so, at whatever byte."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest

from clientela.engine.column_file import copy_column_file, write_column_file
from clientela.errors import DiskFull


@contextmanager
def limit_files(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, which fails as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("kilobytes", [8, 24, 96, 200])
def test_a_full_disk_is_told(kilobytes: int, tmp_path: Path) -> None:
    ids = pa.array([f"{number * 7919 % 100_003:x}-{number}" for number in range(30_000)])
    batches = pa.table({"customer_id": ids}).to_batches()
    with limit_files(kilobytes << 10), pytest.raises(DiskFull, match="no space left"):
        write_column_file(tmp_path / "a.duckdb", batches)
    write_column_file(tmp_path / "b.duckdb", batches)
    with limit_files(kilobytes << 10), pytest.raises(DiskFull, match="no space left"):
        copy_column_file(tmp_path / "b.duckdb", tmp_path / "c.duckdb", ())

"""Sources: files, tables and queries, each read whole into one staging Parquet file."""

from pathlib import Path

from clientela.config import Source
from clientela.tables.privacy import Guard
from clientela.tables.staging import Sample, Staged


def peek(location: str, settings: Source) -> Sample:
    """Give the columns and first rows of a source; nothing is written.

    Raises
    ------
    SourceError
        It does not exist, or cannot be read.
    """
    raise NotImplementedError


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> Staged:
    """Read a source whole into ``folder``.

    Raises
    ------
    SourceError
        It cannot be read whole; the message names the record or line where trouble starts.
    """
    raise NotImplementedError

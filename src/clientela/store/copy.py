"""A results database copied into another, of whichever kind: for backups, and for a move."""

from contextlib import closing

from sqlalchemy import func, insert, select

from clientela.config.database_url import show_url
from clientela.errors import InputError
from clientela.store.connect import open_store, transaction
from clientela.store.failures import translate_failures
from clientela.store.load import SLICE_ROWS
from clientela.store.schema import metadata


def copy_results(source_url: str, target_url: str) -> int:
    """Copy every table as it stands at one moment into an empty database, in one transaction.

    Returns
    -------
    int
        The rows copied.

    Raises
    ------
    InputError
        The target holds results already.
    StoreError
        A database cannot be reached.
    """
    engine, rows = open_store(source_url, migrate=False), 0
    is_postgres = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if is_postgres else {}
    try:
        with (
            translate_failures(source_url),
            closing(engine.connect().execution_options(**options)) as source,
            transaction(target_url, migrate=True) as target,
        ):
            if any(
                target.scalar(select(func.count()).select_from(t)) for t in metadata.sorted_tables
            ):
                raise InputError(
                    "the database to copy results to is not empty",
                    where=show_url(target_url),
                    do="name an empty schema: postgresql://…?schema=NAME",
                )
            for table in metadata.sorted_tables:
                read = source.execution_options(stream_results=True).execute(select(table))
                for part in read.mappings().partitions(SLICE_ROWS):
                    target.execute(insert(table), [dict(row) for row in part])
                    rows += len(part)
    finally:
        engine.dispose()
    return rows

"""The DuckDB file of a run in the results database, in parts.

A file's version is the hash of its content. Two are empty and tell by their version alone that
something changed since the publishing: ``listing`` who may be listed, ``ids`` what everybody's ids
are.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, delete, insert, select, update

from clientela.engine.column_file import copy_column_file, write_column_file
from clientela.store import schema
from clientela.store.filter_attributes import list_attribute_names
from clientela.store.queries import IDS, LISTING

FILTERS = "filters"
PART_BYTES = 1 << 22  # by convention: 4 MB in memory at a time, on either side


def write_filter_file(customers: pa.Table, purchases: Path) -> Path:
    """Write the file of a run's customers beside the Parquet of what they bought."""
    from clientela.store.filter_rows import batch_customers  # loads PostgreSQL's dialect

    path = purchases.with_name("filters.duckdb")
    path.unlink(missing_ok=True)  # of an earlier publishing of the same purchases
    has_any = "attributes" in customers.column_names
    names = list_attribute_names(pc.first(customers["attributes"]).as_py() if has_any else None)
    write_column_file(path, batch_customers(customers, names), purchases)
    return path


def insert_file(connection: Connection, run_id: str, path: Path) -> None:
    """Write a file's parts in the transaction of the connection."""
    with path.open("rb") as file:
        version = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        owner = {"run_id": run_id, "name": FILTERS, "version": version}
        for part, content in enumerate(iter(lambda: file.read(PART_BYTES), b"")):
            connection.execute(insert(schema.run_files), owner | {"part": part, "content": content})


def drop_files(connection: Connection, run_id: str, file_of: str | None) -> None:
    """Delete what files there are; the one for filters of one run, if any, becomes a new run's."""
    files = schema.run_files
    goes_on = (files.c.run_id == file_of) & (files.c.name == FILTERS)
    connection.execute(delete(files).where(~goes_on))
    connection.execute(update(files).values(run_id=run_id))


def join_parts(parts: Iterable[bytes], path: Path) -> str:
    """Write parts into a file, and return its version."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in parts:
            digest.update(part)
            file.write(part)
    return digest.hexdigest()


def rewrite_files(
    connection: Connection,
    ids: Sequence[str],
    replaced: Mapping[str, str] | None = None,
    blank: Callable[[str], str] | None = None,
) -> int:
    """Write the files anew without some people, others' ids replaced; returns how many.

    Parameters
    ----------
    blank : callable, optional
        Takes out of a text what names those people.
    """
    files = schema.run_files
    of_filters = files.c.name == FILTERS
    runs = list(connection.scalars(select(files.c.run_id).where(of_filters).distinct()))
    for run_id in runs:
        this = of_filters & (files.c.run_id == run_id)
        numbers = list(connection.scalars(select(files.c.part).where(this).order_by(files.c.part)))
        parts = (
            connection.execute(select(files.c.content).where(this, files.c.part == number)).scalar()
            for number in numbers
        )
        with tempfile.TemporaryDirectory(prefix="clientela-") as folder:
            before, after = Path(folder, "before.duckdb"), Path(folder, "after.duckdb")
            join_parts((bytes(part) for part in parts if part is not None), before)
            copy_column_file(before, after, ids, replaced, blank)
            connection.execute(delete(files).where(this))
            insert_file(connection, run_id, after)
    return len(runs)


def note_listing(connection: Connection, run_id: str) -> None:
    """Tell servers that other customers may be listed now."""
    _note(connection, run_id, LISTING)


def note_ids(connection: Connection) -> None:
    """Tell servers that in all runs customers have other ids now."""
    for run_id in connection.scalars(select(schema.runs.c.run_id)).all():
        _note(connection, run_id, IDS)


def _note(connection: Connection, run_id: str, name: str) -> None:
    files = schema.run_files
    values = {"run_id": run_id, "name": name, "part": 0, "content": b""}
    connection.execute(delete(files).where(files.c.run_id == run_id, files.c.name == name))
    connection.execute(insert(files), values | {"version": secrets.token_hex(16)})

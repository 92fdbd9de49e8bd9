"""The snapshot as SQL, upon tables named ``transactions`` and ``customers``.

To compile it takes as long as to describe the customers of 300,000 lines, and loads Ibis, which a
server does without. For DuckDB it is therefore compiled once and kept like byte code, in
``__pycache__`` or, where that cannot be written, in the user's cache. The file's name is a hash of
the sources and of the libraries that compile them, so that an edited feature is compiled anew.
"""

import datetime as dt
import hashlib
import importlib.util
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from clientela.contract.tables import CUSTOMERS
from clientela.engine import Engine, connect, merged_selects

ANY_DAY = dt.date(9999, 12, 31)  # stands in the kept SQL where as_of goes
PACKAGE = Path(__file__).parent.parent
SOURCES = ("contract/*.py", "engine/*.py", "features/*.py", "tables/schema.py")
"""All files that what the SQL says can depend on; a test follows the imports."""
COMPILERS = ("ibis-framework", "sqlglot")


def snapshot_sql(engine: Engine, as_of: dt.date) -> str:
    """Return the SQL of the snapshot of a day."""
    if engine.name != "duckdb":
        return compile_snapshot(engine, as_of)
    return load_sql().replace(spell_day(ANY_DAY), spell_day(as_of))


def parametrised_sql() -> str:
    """Return DuckDB's SQL with ``$1`` for the day."""
    return load_sql().replace(spell_day(ANY_DAY), "CAST($1 AS DATE)")


def spell_day(day: dt.date) -> str:
    """Return a day as the SQL spells it.

    Examples
    --------
    >>> spell_day(dt.date(2011, 12, 9))
    'MAKE_DATE(2011, 12, 9)'
    """
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"


def compile_snapshot(engine: Engine, as_of: dt.date) -> str:
    """Compile the SQL from the expressions."""
    import ibis

    from clientela.features.lines import lines
    from clientela.features.snapshot import snapshot
    from clientela.tables.schema import Tables, ibis_schema

    by_name = Tables(
        transactions=lines(),
        customers=ibis.table(ibis_schema(CUSTOMERS), name="customers"),
    )
    with merged_selects():  # evaluated for many days, it must be planned quickly
        return engine.compile(snapshot(by_name, as_of))


@cache
def load_sql() -> str:
    """Return DuckDB's SQL for :data:`ANY_DAY`, from the cache or compiled into it."""
    folders = cache_folders()
    name = f"snapshot.{hash_sources(PACKAGE)}.sql"
    for folder in folders:
        try:
            return (folder / name).read_text("utf-8")
        except OSError:
            continue
    engine = connect()
    try:
        sql = compile_snapshot(engine, ANY_DAY)
    finally:
        engine.close()
    keep_sql(sql, name, folders)
    return sql


def hash_sources(package: Path) -> str:
    """Return a hash of the sources below a package, and of the versions of the compilers."""
    digest = hashlib.sha256()
    for pattern in SOURCES:
        for path in sorted(package.glob(pattern)):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package)} {len(content)}\n".encode() + content)
    for compiler in COMPILERS:
        digest.update(f"{compiler} {version(compiler)}\n".encode())
    return digest.hexdigest()[:20]


def cache_folders() -> list[Path]:
    """Return where the SQL may be kept: beside the byte code, else in the user's cache."""
    byte_code = Path(importlib.util.cache_from_source(__file__)).parent
    user = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return [byte_code, Path(user) / "clientela"]


def keep_sql(sql: str, name: str, folders: list[Path]) -> None:
    """Write the SQL into the first folder that takes it, in place of that of other sources."""
    for folder in folders:
        aside = folder / f".{name}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            aside.write_text(sql, "utf-8")
            aside.replace(folder / name)
        except OSError:
            continue
        return

"""All lines of the dictionary, in order."""

from clientela.engine import Engine
from clientela.report.dictionary.canonical import canonical
from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.stored import stored
from clientela.store.connect import open_store
from clientela.store.failures import translated
from clientela.tables.schema import Tables


def list_entries(
    store_url: str | None = None, engine: Engine | None = None, tables: Tables | None = None
) -> list[DictionaryEntry]:
    """List every column of the canonical tables and of the results database.

    Parameters
    ----------
    store_url : str, optional
        The results database; without it its columns are listed without range and missing share.
    engine, tables : optional
        The canonical tables and what reads them; without them the same.

    Raises
    ------
    StoreError, StoreTooNew, MissingExtra
        The results database cannot be read.

    Examples
    --------
    >>> [entry.column for entry in list_entries() if entry.table == "current_run"]
    ['id', 'run_id']
    """
    listed = list(canonical(engine, tables))
    if store_url is None:
        return listed + list(stored(None))
    store = open_store(store_url, migrate=False)
    try:
        with translated(store_url):
            return listed + list(stored(store))
    finally:
        store.dispose()

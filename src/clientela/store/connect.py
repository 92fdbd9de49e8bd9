"""Opening a results database by its URL."""

from sqlalchemy import Engine


def open_store(url: str, *, migrate: bool) -> Engine:
    """Connect to the results database and see that its schema is ours.

    Parameters
    ----------
    url : str
        ``sqlite:///results.db`` or ``postgresql://user@host/database``.
    migrate : bool
        Whether a database that is new or of an earlier version is brought up to date. Only
        publishing and managing keys do so; a reader is told what to do instead.

    Raises
    ------
    StoreTooNew
        A later version of Clientela wrote it.
    StoreError
        It cannot be reached, is no results database, or is of an earlier version.
    MissingExtra
        PostgreSQL without the extra ``postgres``.
    """
    raise NotImplementedError

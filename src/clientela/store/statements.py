"""The queries of a reader as text, compiled once for each kind of database, when first asked."""

from sqlalchemy import Dialect

from clientela.store import queries
from clientela.store.queries import Query
from clientela.store.row_decoding import Decoder, decoder

Statement = tuple[str, Decoder]
"""A query compiled for a database, and what to make of its rows."""


class Statements(dict[str, Statement]):
    """Statements by name: to compile all of them takes 0.15 CPU s, and a run asks for few."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect, self._queries = dialect, queries.every(dialect.name)

    def __missing__(self, name: str) -> Statement:
        statement = self[name] = _compile_query(self._queries[name], self._dialect)
        return statement


_shared: dict[tuple[str, str], Statements] = {}


def share_statements(dialect: Dialect) -> Statements:
    """Return the statements that all readers of a kind of database and driver share."""
    key = (dialect.name, dialect.driver)
    if key not in _shared:
        _shared[key] = Statements(dialect)
    return _shared[key]


def _compile_query(query: Query, dialect: Dialect) -> Statement:
    text = str(query.compile(dialect=dialect))
    return text, decoder(list(query.selected_columns), dialect.name)

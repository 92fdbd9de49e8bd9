"""The queries of a reader as text, compiled once for each kind of database."""

from sqlalchemy import Dialect

from clientela.store import queries
from clientela.store.queries import Query
from clientela.store.row_decoding import Decoder, decoder

Statement = tuple[str, Decoder]
"""A query compiled for a database, and what to make of its rows."""
_compiled: dict[tuple[str, str], dict[str, Statement]] = {}


def compile_queries(dialect: Dialect) -> dict[str, Statement]:
    """Compile all queries, once for each kind of database and driver in a process."""
    key = (dialect.name, dialect.driver)
    if key not in _compiled:
        _compiled[key] = {
            name: _compile_query(query, dialect)
            for name, query in queries.every(dialect.name).items()
        }
    return _compiled[key]


def _compile_query(query: Query, dialect: Dialect) -> Statement:
    text = str(query.compile(dialect=dialect))
    return text, decoder(list(query.selected_columns), dialect.name)

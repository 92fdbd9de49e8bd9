"""Attributes of the firm's own in filters: columns of its customers file that are none of ours.

A filter writes them ``attributes.city = 'Recife'``, or ``attributes."home city"`` where the name is
no plain word. Each holds numbers or texts; a condition with a value of the other kind finds nobody.
The results database keeps a customer's attributes as one JSON text, the file for filters a column
for each name and kind.
"""

import difflib
import re
from collections.abc import Collection
from typing import Any, Literal

import msgspec
from sqlalchemy import JSON, Double, Text, case, cast, func, null, or_, select
from sqlalchemy.sql.expression import ColumnElement, FromClause

from clientela.errors import InputError

Kind = Literal["number", "text"]
PREFIX = "attributes."
KINDS: tuple[Kind, ...] = ("number", "text")
MOST_NAMED = 10  # by convention: a line of an error
EXAMPLES: dict[Kind, str] = {"number": "12.5", "text": "'text'"}
_TYPES = {"number": Double(), "text": Text()}
_JSON_TYPES = {"number": ("integer", "real", "number"), "text": ("text", "string")}
_PLAIN = re.compile(r"[^\W\d]\w*")


def write_attribute(name: str) -> str:
    """Write an attribute as it stands in a filter's text.

    Examples
    --------
    >>> write_attribute("city"), write_attribute("home city")
    ('attributes.city', 'attributes."home city"')
    """
    return PREFIX + quote_name(name)


def quote_name(name: str) -> str:
    """Write a name that the firm gave, in quotes where it is no plain word."""
    quoted = name.replace('"', '""')
    return name if _PLAIN.fullmatch(name) else f'"{quoted}"'


def read_attribute(column: str) -> str | None:
    """Return the name of an attribute as filters write it; None for a column of ours.

    Examples
    --------
    >>> read_attribute('attributes."home city"'), read_attribute("orders")
    ('home city', None)
    """
    if not column.startswith(PREFIX):
        return None
    return unquote_name(column.removeprefix(PREFIX))


def unquote_name(name: str) -> str:
    """Return a name that the firm gave without the quotes of :func:`quote_name`."""
    quoted = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('""', '"') if quoted else name


def get_kind(value: object) -> Kind | None:
    """Return the kind of a value; None for what an attribute in a filter cannot be."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return "text" if isinstance(value, str) else "number"


def name_file_column(name: str, kind: Kind) -> str:
    """Name an attribute's column in the DuckDB file, which takes upper and lower case as equal.

    Examples
    --------
    >>> read_file_column(name_file_column("City", "text"))
    ('City', 'text')
    """
    return f"{kind}_{name.encode().hex()}"


def read_file_column(column: str) -> tuple[str, Kind]:
    """Return the attribute and the kind that a column of the DuckDB file is of."""
    kind, _, name = column.partition("_")
    return bytes.fromhex(name).decode(), "number" if kind == "number" else "text"


def list_attribute_names(line: str | None) -> list[str]:
    """List the attributes of a run from the JSON text of a customer who has any.

    Each such text names all of them (:func:`clientela.pipeline.attributes.encode_attributes`).
    """
    names = msgspec.json.decode(line or "{}", type=dict[str, Any])
    return [name for name in names if name and name.isprintable()]


def check_attributes(names: Collection[str], present: Collection[str]) -> None:
    """Raise unless a run has some attributes.

    Raises
    ------
    InputError
        It lacks one.
    """
    for name in sorted(set(names) - set(present)):
        near = difflib.get_close_matches(name, present, n=3) or list(present)[:MOST_NAMED]
        raise InputError(
            f"the customers file has no attribute {name!r}",
            where="filter",
            do=f"try {', '.join(map(write_attribute, near))}"
            if near
            else "run with a customers file that has further columns",
        )


def select_attribute(
    customers: FromClause, name: str, kind: Kind, dialect: str
) -> ColumnElement[Any]:
    """Return a customer's attribute where it is of a kind, else null.

    Parameters
    ----------
    customers : FromClause
        The table ``customers`` of the results, or the one of the DuckDB file.
    dialect : str
        The database: ``sqlite``, ``postgresql`` or ``duckdb``.
    """
    if dialect == "sqlite":
        return _read_sqlite(customers, name, kind)
    if dialect == "postgresql":
        return _read_postgresql(customers, name, kind)
    column = name_file_column(name, kind)
    return customers.c[column] if column in customers.c else cast(null(), _TYPES[kind])


def _read_sqlite(customers: FromClause, name: str, kind: Kind) -> ColumnElement[Any]:
    # Its JSON paths find no name that holds quotes
    entries = func.json_each(customers.c.attributes).table_valued("key", "value", "type")
    return (
        select(entries.c.value)
        .where(entries.c.key == name, _is_of_kind(entries.c.type, kind))
        .correlate(customers)
        .scalar_subquery()
    )


def _read_postgresql(customers: FromClause, name: str, kind: Kind) -> ColumnElement[Any]:
    attributes = cast(customers.c.attributes, JSON)
    of_kind = _is_of_kind(func.json_typeof(func.json_extract_path(attributes, name)), kind)
    return case((of_kind, cast(func.json_extract_path_text(attributes, name), _TYPES[kind])))


def _is_of_kind(json_type: ColumnElement[Any], kind: Kind) -> ColumnElement[bool]:
    # no IN: readers prepare statements before they know its values
    return or_(*(json_type == name for name in _JSON_TYPES[kind]))

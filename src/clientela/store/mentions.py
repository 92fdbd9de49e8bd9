"""Words in the results database that name erased people: in texts of runs, rules, views, designs.

People of the firm stay where they signed: as users, owners of keys, who proposed or approved.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, Connection, Table, Text, UniqueConstraint, select, update

from clientela.contract.tables import CONTACT_TEXTS
from clientela.store import schema

ERASED = "[erased]"
BATCH_ROWS = 10_000  # by convention, some MB of texts in memory at a time
OF_THE_FIRM = (
    schema.users,
    schema.sessions,
    schema.api_keys,
    schema.idempotency_keys,
    schema.erasure_requests,
    schema.erasures,
    schema.run_files,
)
"""Tables that name no customer, or are erased otherwise."""
IDS = ("customer_id", "run_id", "webhook")


def blank_mentions(pattern: re.Pattern[str], text: str) -> str:
    """Replace the names of erased people in a text, or in every text of a JSON document.

    Examples
    --------
    >>> blank_mentions(re.compile("C12345"), '{"by": "C12345", "n": 12345}')
    '{"by": "[erased]", "n": 12345}'
    """
    if pattern.search(text) is None and "\\u" not in text:
        return text
    try:
        content = json.loads(text)
    except ValueError:
        return pattern.sub(ERASED, text)
    if not isinstance(content, dict | list):
        return pattern.sub(ERASED, text)
    blanked = _blank(pattern, content)
    return text if blanked == content else json.dumps(blanked, ensure_ascii=False)


def _blank(pattern: re.Pattern[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {pattern.sub(ERASED, key): _blank(pattern, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_blank(pattern, part) for part in value]
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return ERASED if is_number and pattern.fullmatch(str(value)) else value


def list_text_columns(table: Table) -> list[Column[Any]]:
    """Return the columns of a table in which a source or a person may have named somebody."""
    if table in OF_THE_FIRM:
        return []
    return [
        column
        for column in table.columns
        if isinstance(column.type, Text)
        and not column.primary_key
        and not column.foreign_keys
        and column.name not in IDS
        and not column.name.endswith("_by")
        # Others' own, be it the same telephone
        and not (table is schema.contacts and column.name in CONTACT_TEXTS)
    ]


def blank_texts(connection: Connection, pattern: re.Pattern[str] | None) -> int:
    """Blank the words that name somebody in all texts; return how many texts changed."""
    if pattern is None:
        return 0
    return sum(
        _blank_column(connection, column, lambda text: blank_mentions(pattern, text))
        for table in schema.metadata.sorted_tables
        for column in list_text_columns(table)
    )


def _blank_column(connection: Connection, column: Column[Any], blank: Callable[[str], str]) -> int:
    """Blank a column's different texts, each once however many rows have it."""
    query = select(column).where(column.is_not(None)).distinct()
    texts = connection.scalars(query.execution_options(yield_per=BATCH_ROWS))
    changed = [(text, new) for text in texts if (new := blank(text)) != text]
    owner = next(iter(column.table.primary_key.columns), None)
    for text, new in changed:
        values: Any = new
        if owner is not None and _is_unique(column):
            values = new + " " + owner  # two names may differ by what was blanked alone
        connection.execute(update(column.table).where(column == text).values({column.name: values}))
    return len(changed)


def _is_unique(column: Column[Any]) -> bool:
    return any(
        isinstance(constraint, UniqueConstraint) and column.name in constraint.columns
        for constraint in column.table.constraints
    )

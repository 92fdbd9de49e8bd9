"""A row as one text: as JSON for people, as a key for recognising it again."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

SEPARATOR, NULL = "\x1f", "\x1e"
CONTROLS = range(1, 32)


def json_line(table: ir.Table, columns: Sequence[str]) -> ir.StringValue:
    """Return text columns as the text of a JSON object; empty ones are null.

    Parameters
    ----------
    table : ir.Table
        Holds the columns, as text.
    columns : sequence of str
        Their names, the object's keys, in order.
    """
    return escape_controls(join_fields(table, columns))


def join_fields(
    fields: ir.Table | ir.StructValue | Mapping[str, ir.StringValue], columns: Sequence[str]
) -> ir.StringValue:
    """Return text columns as a JSON object; see :func:`escape_controls` for control characters."""
    members = [_key(column) + _json(fields[column]) for column in columns]
    return ibis.literal("{") + ibis.literal(", ").join(members) + "}"


def escape_controls(text: ir.StringValue) -> ir.StringValue:
    """Escape control characters, which only values can hold, once over a whole line."""
    escaped = text
    for code in CONTROLS:
        # As patterns, for Spark does not know every escape in a text.
        escaped = escaped.re_replace(rf"\x{code:02x}", rf"\\u{code:04x}")
    return text.re_search(r"[\x01-\x1f]").ifelse(escaped, text)


def _key(column: str) -> ir.StringValue:
    return ibis.literal(json.dumps(column, ensure_ascii=False) + ": ")


def _json(value: ir.StringValue) -> ir.StringValue:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return (ibis.literal('"') + escaped + '"').fill_null("null")


def key(
    ids: Sequence[ir.StringValue], content: Sequence[ir.StringValue], *, apart: bool
) -> ir.StringValue:
    """Return the MD5, in hexadecimal, of a row's ids and normalised content.

    Parameters
    ----------
    apart : bool
        Whether the MD5 of the ids stands behind that of the content, so that it can be made anew
        once the ids are replaced.
    """
    if apart:
        return _digest(content) + _digest(ids)
    return _digest([*ids, *content])


def digest_ids(*ids: str | None) -> str:
    r"""Return the part of a key that ids make, as :func:`key` does.

    Examples
    --------
    >>> digest_ids("a", None) == hashlib.md5(b"a\x1f\x1e").hexdigest()
    True
    """
    text = SEPARATOR.join(NULL if part is None else part for part in ids)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _digest(parts: Sequence[ir.StringValue]) -> ir.StringValue:
    texts = [part.fill_null(NULL) for part in parts]
    return ibis.literal(SEPARATOR).join(texts).hexdigest("md5")

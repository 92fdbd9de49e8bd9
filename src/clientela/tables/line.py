"""A row as one text: as JSON for people, as a key for recognising it again."""

import json
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

SEPARATOR, NULL = "\x1f", "\x1e"
CONTROLS = "".join(map(chr, range(1, 32)))


def json_line(table: ir.Table, columns: Sequence[str]) -> ir.StringValue:
    """Give text columns as the text of a JSON object; empty ones are null.

    Parameters
    ----------
    table : ir.Table
        Holds the columns, as text.
    columns : sequence of str
        Their names, the object's keys, in order.
    """
    members = [_key(column) + _json(table[column]) for column in columns]
    text = ibis.literal("{") + members[0] if members else ibis.literal("{")
    for member in members[1:]:
        text = text + ", " + member
    text = text + "}"
    # Only values can hold control characters, so that they are escaped once, over the whole line.
    escaped = text
    for char in CONTROLS:
        escaped = escaped.replace(char, json.dumps(char)[1:-1])
    return text.re_search(r"[\x01-\x1f]").ifelse(escaped, text)


def _key(column: str) -> ir.StringValue:
    return ibis.literal(json.dumps(column, ensure_ascii=False) + ": ")


def _json(value: ir.StringValue) -> ir.StringValue:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return (ibis.literal('"') + escaped + '"').fill_null("null")


def key(parts: Sequence[ir.StringValue]) -> ir.StringValue:
    """Give the MD5, in hexadecimal, of a row's normalised content."""
    text = parts[0].fill_null(NULL)
    for part in parts[1:]:
        text = text + SEPARATOR + part.fill_null(NULL)
    return text.hexdigest("md5")

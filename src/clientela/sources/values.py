"""Typed values as text, without loss: points as decimal marks, ISO dates."""

import datetime as dt
import json
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from clientela.errors import SourceError


def text_of(value: object) -> str | None:
    """Write a Python value; None where it is empty.

    Examples
    --------
    >>> [text_of(value) for value in (17850, 17850.0, Decimal("2.10"), True, "")]
    ['17850', '17850.0', '2.10', 'true', None]
    >>> text_of(dt.datetime(2010, 12, 1, 8, 26)), text_of(dt.date(2010, 12, 1))
    ('2010-12-01 08:26:00', '2010-12-01')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return _instant(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=text_of)
    return str(value)


def _instant(value: dt.datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat(sep=" ")
    return value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ") + "Z"


def is_number(value: object) -> bool:
    """Check whether the text of a value has a point as its decimal mark."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def as_text(values: pa.Array) -> pa.Array:
    """Write an Arrow column as text; null where it is empty.

    Examples
    --------
    >>> as_text(pa.array([1.0, 0.1, None])).to_pylist()
    ['1.0', '0.1', None]
    >>> as_text(pa.array([dt.datetime(2010, 12, 1, 8, 26)])).to_pylist()
    ['2010-12-01 08:26:00']
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return as_text(values.cast(kind.value_type))
    if pa.types.is_nested(kind):
        return pa.array([text_of(value) for value in values.to_pylist()], pa.string())
    if pa.types.is_floating(kind):
        return _floats(values)
    if pa.types.is_timestamp(kind):
        return _timestamps(values)
    text = values.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _floats(values: pa.Array) -> pa.Array:
    wide = values.cast(pa.float32()) if pa.types.is_float16(values.type) else values
    return pc.replace_substring_regex(wide.cast(pa.string()), r"^(-?\d+)$", r"\1.0")


def _timestamps(values: pa.Array) -> pa.Array:
    if values.type.tz:
        values = values.cast(pa.timestamp(values.type.unit, "UTC"))
    text = values.cast(pa.string())
    return pc.replace_substring_regex(text, r"(?:(\.\d*[1-9])|\.)0+(Z?)$", r"\1\2")


def is_number_type(kind: pa.DataType) -> bool:
    """Check whether the text of an Arrow type has a point as its decimal mark."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def check_no_nul(values: pa.Array, column: str, where: str) -> pa.Array:
    """Refuse text that holds NUL characters, which no database stores.

    Raises
    ------
    SourceError
        There is one.
    """
    if pc.any(pc.match_substring(values, "\0")).as_py():
        raise SourceError(
            f"the column '{column}' holds NUL characters", where=where, do="remove them"
        )
    return values

"""The objects of a JSON file, one a line or in one list, and the rows that an order's lines are.

Shops' APIs answer with a list of orders, bare or as the one list of an object, each with lists of
its own: the lines, and what was refunded, charged or taxed beside them.
"""

import codecs
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clientela.errors import SourceError
from clientela.sources.opening import Digest, chunks

LONGEST_BYTES = 1 << 24  # by convention: 16 MB; an order of 10,000 lines takes some 2 MB
SCALAR = r'"(?:[^"\\]|\\.)*"|[-+.\w]+'
LIST = re.compile(rf'\s*(?:\{{(?:\s*"[^"]*"\s*:\s*(?:{SCALAR})\s*,)*\s*"[^"]*"\s*:\s*)?\[')
BETWEEN = re.compile(r"[\s,]*")
# Of objects with one of these keys an order's lines are made, unless they undo lines
UNITS = re.compile(r"qty|quantity|quantidade|qtde?|cantidad|menge|quantite|quantita|units", re.I)
UNDOES = re.compile(r"refund|return|estorn|devol|fulfil|shipment|envio|cancel", re.I)
MONEY = ("total", "amount", "price", "value", "valor")  # of other lists one is added up


class NumberText(str):
    """A number as the file writes it."""


_decoder = json.JSONDecoder(
    parse_float=NumberText, parse_int=NumberText, parse_constant=lambda _: None
)
decode = _decoder.decode


def read_documents(path: Path, digest: Digest) -> Iterator[tuple[str, Any]]:
    """Yield the objects of a file as Python has them, each with the words for its place.

    Raises
    ------
    SourceError
        What stands there is no JSON, or an object is larger than any order.
    """
    if (start := _find_list(path)) is None:
        for number, line in enumerate(_read_lines(path, digest), 1):
            if line.strip():
                yield f"line {number:,}", _decode(path, f"line {number:,}", line)
        return
    for number, element in enumerate(_read_elements(path, digest, start), 1):
        yield f"object {number:,}", element


def _find_list(path: Path) -> int | None:
    """Find where the elements of the one list of all objects begin; None where lines hold them."""
    stream = chunks(path)
    head = next(stream, b"")
    at_end = next(stream, None) is None
    text = head.decode("utf-8-sig", "ignore")
    start = LIST.match(text)
    if start is None or text.lstrip().startswith("["):
        return start.end() if start else None
    line, _, remainder = text.lstrip().partition("\n")
    try:
        decode(line)
    except ValueError:
        return start.end()
    return None if remainder.strip() or not at_end else start.end()


def _read_lines(path: Path, digest: Digest) -> Iterator[bytes]:
    remainder = b""
    for chunk in chunks(path, digest):
        *lines, remainder = (remainder + chunk).removeprefix(b"\xef\xbb\xbf").split(b"\n")
        yield from lines
        if len(remainder) > LONGEST_BYTES:
            raise refuse(path, f"a line is longer than {LONGEST_BYTES >> 20} MB")
    yield remainder


def _decode(path: Path, place: str, line: bytes) -> Any:
    try:
        return decode(line.decode())
    except (ValueError, RecursionError) as error:
        raise refuse(path, f"{place} is no JSON: {error}") from None


def _read_elements(path: Path, digest: Digest, start: int) -> Iterator[Any]:
    """Yield the elements of the list that begins at a letter of the file."""
    stream = codecs.iterdecode(chunks(path, digest), "utf-8-sig")
    text, at = next(stream, ""), start
    while True:
        at = BETWEEN.match(text, at).end()  # type: ignore[union-attr]
        if text[at : at + 1] == "]":
            break
        try:
            element, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            more = next(stream, None)
            if more is None or len(text) - at > LONGEST_BYTES:
                raise refuse(path, f"the list of objects is no JSON, or cut off: {error}") from None
            text, at = text[at:] + more, 0
            continue
        yield element
    remainder = text[at + 1 :] + "".join(stream)
    if re.search(r"\}\s*\{", remainder):
        raise refuse(path, "what follows the list of objects is another object")


def refuse(path: Path, what: str) -> SourceError:
    """Return the error of a file that holds no objects as they can be read."""
    return SourceError(
        what, where=str(path), do="write one object a line, or one list of all objects"
    )


def spread_lines(record: dict[str, Any]) -> Iterator[dict[str, str | None]]:
    """Yield a row for each line of an order, the order's own fields on all of them.

    Money of other lists, such as refunds, is added up by list. An object without lines is one row.

    Examples
    --------
    >>> order = {"id": "7", "items": [{"qty": "1"}, {"qty": "2"}], "refunds": [{"total": "5.00"}]}
    >>> [*spread_lines(order)] == [
    ...     {"id": "7", "refunds.total": "5.00", "items.qty": "1"},
    ...     {"id": "7", "refunds.total": "5.00", "items.qty": "2"},
    ... ]
    True
    """
    fields = dict(flatten(record, ""))
    name = next((name for name, value in fields.items() if _holds_lines(name, value)), None)
    elements = fields.pop(name) if name is not None else [{}]
    shared = _add_up_lists(fields)
    for element in elements:
        yield shared | _add_up_lists(dict(flatten(_unwrap(element), f"{name}.")))


def _holds_lines(name: str, value: Any) -> bool:
    """Tell whether a field is the list of an order's lines."""
    objects = isinstance(value, list) and bool(value) and all(isinstance(x, dict) for x in value)
    return objects and not UNDOES.search(name) and any(map(UNITS.search, _unwrap(value[0])))


def _unwrap(element: dict[str, Any]) -> dict[str, Any]:
    """Return the object that stands alone in another, as GraphQL's nodes do."""
    inner = [*element.values()]
    return inner[0] if len(inner) == 1 and isinstance(inner[0], dict) else element


def _add_up_lists(fields: dict[str, Any]) -> dict[str, str | None]:
    """Return fields without their lists, but with the money that these hold, added up."""
    single: dict[str, str | None] = {}
    for name, value in fields.items():
        if isinstance(value, list):
            single |= {key: NumberText(total) for key, total in _sum_list(name, value).items()}
        else:
            single[name] = value
    return single


def _sum_list(name: str, elements: list[Any]) -> dict[str, Decimal]:
    """Add up the money of a list of objects, and of the lists within them."""
    sums: dict[str, Decimal] = {}
    for element in elements:
        if not isinstance(element, dict):
            continue
        fields = dict(flatten(_unwrap(element), ""))
        lists = {key: value for key, value in fields.items() if isinstance(value, list)}
        figures = {key: figure for key in MONEY if (figure := _read_money(fields.get(key)))}
        for key in [*figures][:1]:
            sums[f"{name}.{key}"] = sums.get(f"{name}.{key}", Decimal(0)) + figures[key]
        for key, inner in lists.items():
            for path, total in _sum_list(f"{name}.{key}", inner).items():
                sums[path] = sums.get(path, Decimal(0)) + total
    return sums


def _read_money(value: Any) -> Decimal | None:
    try:
        figure = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
    return figure if figure is not None and figure.is_finite() else None


def flatten(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an object and of those within it; lists as they are."""
    for name, value in record.items():
        if isinstance(value, dict):
            lists = [inner for inner in value.values() if isinstance(inner, list)]
            if len(value) == len(lists) == 1:  # such as the edges of GraphQL
                yield prefix + name, lists[0]
            else:
                yield from flatten(value, f"{prefix}{name}.")
        elif isinstance(value, bool):
            yield prefix + name, str(value).lower()
        else:
            yield prefix + name, value

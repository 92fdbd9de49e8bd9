"""The traces of a person: the spellings to look for, and how to find them in what others wrote."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Privacy
from clientela.mapping.privacy import find_pseudonym
from clientela.privacy.access import read_columns
from clientela.sources.ids import normalise_id
from clientela.tables.tombstones import LEAST_LETTERS, list_fields
from clientela.tables.workspace import Workspace

ERASED = "[erased]"
LEAST_DIGITS = 8  # by convention: of telephones and documents; codes of products are shorter


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Everything that stands for some people.

    Parameters
    ----------
    ids : tuple of str
        As the tables spell them.
    spellings : tuple of str
        As sources spelt them, the ids included, with e-mail and phone.
    orders : tuple of str
        The numbers of their orders.
    """

    ids: tuple[str, ...]
    spellings: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()

    def merge(self, other: "Traces") -> "Traces":
        """Return the traces of both."""
        return Traces(
            ids=_union(self.ids, other.ids),
            spellings=_union(self.spellings, other.spellings),
            orders=_union(self.orders, other.orders),
        )

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What finds them as words in the text of others; None where no spelling is telling.

        A short number also is a product's code or a quantity.
        """
        words = {text for text in (*self.spellings, *self.orders) if _is_telling(text)}
        if not words:
            return None
        anyone = "|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word))))
        return re.compile(rf"(?<!\w)(?:{anyone})(?!\w)", re.IGNORECASE)

    def names(self, line: str | None, *, whole: bool) -> bool:
        """Check whether a raw line is theirs.

        Parameters
        ----------
        whole : bool
            Whether any spelling counts where it is a whole field: of lines without an id.
        """
        if not line:
            return False
        if self.pattern is not None and self.pattern.search(line):
            return True
        return whole and not self._fields.isdisjoint(list_fields(line))

    @cached_property
    def _fields(self) -> frozenset[str]:
        return frozenset((*self.spellings, *self.orders))


def _is_telling(text: str) -> bool:
    digits = sum(char.isdigit() for char in text)
    return len(text) >= LEAST_LETTERS and (digits < len(text) or digits >= LEAST_DIGITS)


def _union(left: Iterable[str], right: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*left, *right}))


def find_traces(workspace: Workspace, settings: Privacy, written: str) -> Traces:
    """Find a person by an id in any spelling.

    Parameters
    ----------
    written : str
        The id as anybody writes it; where ids are pseudonyms, also the id behind one.
    """
    manifest = workspace.manifest()
    ids = {written, normalise_id(written, manifest.id_form) or written}
    ids = {find_pseudonym(settings, text, manifest.pseudonyms) for text in ids}
    paths = workspace.paths("identities", manifest=manifest)
    spelt = _read(paths, ["source_id", "customer_id"])
    named = pc.is_in(spelt["source_id"], value_set=pa.array(sorted(ids), pa.string()))
    ids |= set(spelt.filter(named)["customer_id"].to_pylist())
    theirs = pc.is_in(spelt["customer_id"], value_set=pa.array(sorted(ids), pa.string()))
    spellings = {*ids, written, *spelt.filter(theirs)["source_id"].to_pylist()}
    contacts = _select(workspace.paths("contacts", manifest=manifest), ["email", "phone"], ids)
    spellings |= {text for name in contacts.column_names for text in contacts[name].to_pylist()}
    lines = _select(workspace.paths("transactions", manifest=manifest), ["order_id"], ids)
    return Traces(
        ids=tuple(sorted(ids)),
        spellings=tuple(sorted(text for text in spellings if text)),
        orders=tuple(sorted(set(lines["order_id"].to_pylist()))),
    )


def _read(paths: Iterable[Path], columns: list[str]) -> pa.Table:
    parts = [read_columns(path, columns) for path in paths]
    return _join(parts, columns)


def _join(parts: Iterable[pa.Table], columns: list[str]) -> pa.Table:
    """Put parts together as texts; a column that an earlier build did not write is empty."""
    schema = pa.schema([(column, pa.string()) for column in columns])
    texts = [
        part.cast(pa.schema([schema.field(name) for name in part.column_names])) for part in parts
    ]
    return pa.concat_tables([schema.empty_table(), *texts], promote_options="default")


def _select(paths: Iterable[Path], columns: list[str], ids: Iterable[str]) -> pa.Table:
    """Read columns of some customers' rows, file by file."""
    wanted = [("customer_id", "in", sorted(ids))]
    parts = [read_columns(path, columns, wanted) for path in paths]
    return _join(parts, columns)


def blank_mentions(pattern: re.Pattern[str], text: str) -> str:
    """Replace the names of erased people in a text, or in every text of a JSON document.

    Examples
    --------
    >>> blank_mentions(re.compile("C12345"), '{"by": "C12345", "n": 12345}')
    '{"by": "[erased]", "n": 12345}'
    """
    try:
        content = json.loads(text)
    except ValueError:
        return pattern.sub(ERASED, text)
    if not isinstance(content, dict | list):
        return pattern.sub(ERASED, text)
    return json.dumps(_blank(pattern, content), ensure_ascii=False)


def _blank(pattern: re.Pattern[str], value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _blank(pattern, part) for key, part in value.items()}
    if isinstance(value, list):
        return [_blank(pattern, part) for part in value]
    if isinstance(value, str):
        return pattern.sub(ERASED, value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return ERASED if is_number and pattern.fullmatch(str(value)) else value

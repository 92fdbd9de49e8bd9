"""The traces of a person: the spellings to look for, and how to find them in what others wrote."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Privacy
from clientela.mapping.privacy import list_pseudonyms
from clientela.privacy.access import read_columns
from clientela.sources.ids import normalise_id
from clientela.tables.tombstones import CODES, LEAST_DIGITS, LEAST_LETTERS, NUMBER, list_fields
from clientela.tables.workspace import Workspace

SIGNS = r"[ ().+/-]{0,3}"  # by convention: what parts the digits of telephones and documents


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
        words |= {quote(word, safe="") for word in words}  # as addresses of pages have them
        words |= {unicodedata.normalize("NFD", word) for word in words}
        parts = [re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))]
        numbers = map(_write_number, sorted(filter(_is_number, self.spellings)))
        anyone = "|".join([*dict.fromkeys(numbers), *parts])
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


def _is_number(text: str) -> bool:
    """Check whether a text is a telephone or document, by however many signs its digits part."""
    return NUMBER.fullmatch(text) is not None and len(re.sub(r"\D", "", text)) >= LEAST_DIGITS


def _write_number(text: str) -> str:
    r"""Return the pattern of a number in all its writings, the country's code there or not.

    Examples
    --------
    >>> bool(re.fullmatch(_write_number("+5511912345678"), "(11) 91234-5678"))
    True
    >>> bool(re.fullmatch(_write_number("52998224725"), "529.982.247-25"))
    True
    """
    digits = re.sub(r"\D", "", text)
    writings = [r"[+(]{0,2}" + SIGNS.join(digits)]
    if text.startswith("+"):
        nationals = (digits[letters:] for letters in CODES if len(digits) - letters >= LEAST_DIGITS)
        writings += [r"[(0]{0,2}" + SIGNS.join(national) for national in nationals]
    return "|".join(writings)


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
    ids = {id_ for text in ids for id_ in list_pseudonyms(settings, text, manifest.pseudonyms)}
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

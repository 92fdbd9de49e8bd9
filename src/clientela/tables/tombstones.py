"""Tombstones: keyed hashes of the ids that were erased, so that no file brings a person back.

A hash under a random key of the workspace tells nothing to whoever has the hashes alone. Both files
belong to every backup of the workspace::

    clientela-data/
    ├── tombstones.key
    └── tables/tombstones.json
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.errors import WorkspaceDamaged
from clientela.sources.ids import normalise_id
from clientela.store.mentions import ERASED
from clientela.tables.manifest import write_whole

if TYPE_CHECKING:  # the API, which loads no engine, asks for tombstones too
    import ibis.expr.types as ir

    from clientela.engine import Engine

KEY_BYTES = 32  # 256 bits: as long as the hash
LEAST_LETTERS = 5
"""Shorter ids also are quantities and days: they count only where they are a whole field. By
convention: a text of five characters hardly is another person's by chance."""
AS_NUMBER = "#"
"""Before digits that are no id: an id of the same digits may be another person's."""
LEAST_DIGITS = 8
"""Of telephones and documents, by convention; codes of products are shorter."""
CODES = (1, 2, 3)  # digits of a country's code (ITU-T E.164), which nobody writes at home
NUMBER = re.compile(r"[+(]?\d[\d ()+./-]*\d")
WORD = re.compile(r"[^\s,;|\"'()\[\]{}<>:]*[\d@][^\s,;|\"'()\[\]{}<>:]*")
"""A word that may name a person: with a digit, as ids have, or an e-mail address."""
BLANKS = re.compile(r"[\s,;|\"'()\[\]{}<>]+")
FIELDS = re.compile(r"[,;|\t\"]+")


class Tombstones:
    """The ids that must not come back.

    Parameters
    ----------
    folder : Path
        The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.key_path = folder / "tombstones.key"
        self.path = folder / "tables" / "tombstones.json"
        self.hashes = self._read()
        self._key = b""

    def check(self, least: int) -> None:
        """Raise if there are fewer than a manifest counted.

        Raises
        ------
        WorkspaceDamaged
            Some are lost, so that people who were erased would come back unseen.
        """
        if len(self.hashes) < least or (self.hashes and not self.key_path.exists()):
            raise WorkspaceDamaged(
                "the tombstones of erased people are lost, and the next file would bring them back",
                where=str(self.path),
                do="restore tables/tombstones.json and tombstones.key from a backup",
            )

    def add(self, spellings: Collection[str]) -> None:
        """Add a person by all spellings; durable when it returns."""
        if not self.key_path.exists():
            self.key_path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.key_path, secrets.token_bytes(KEY_BYTES))
        numbers = (form for spelling in spellings for form in list_numbers(spelling))
        self.hashes |= {self.hash(spelling) for spelling in (*spellings, *numbers)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, msgspec.json.encode(sorted(self.hashes)))

    def hash(self, spelling: str) -> str:
        """Compute the tombstone of a spelling, whatever its case and blanks around."""
        if not self._key:
            self._key = self.key_path.read_bytes()
        text = spelling.strip().casefold().encode()
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()

    def holds(self, spelling: str) -> bool:
        """Check whether a spelling is an erased person's."""
        return bool(self.hashes) and self.hash(spelling) in self.hashes

    def mark(self, values: pa.Array, form: str = "") -> pa.Array:
        """Mark the ids of erased people, written in a form (:mod:`clientela.sources.ids`)."""
        encoded = pc.dictionary_encode(values)
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.unify_dictionaries().combine_chunks()
        marks = [
            text is not None and self.hash(normalise_id(text, form) or text) in self.hashes
            for text in encoded.dictionary.to_pylist()
        ]
        return pc.fill_null(pa.array(marks, pa.bool_()).take(encoded.indices), False)

    def names(self, line: str) -> bool:
        """Check whether a line of text names an erased person."""
        return any(self.hash(token) in self.hashes for token in list_tokens(line))

    def blank(self, text: str) -> str:
        """Blank the numbers and words of a text that name an erased person."""
        text = NUMBER.sub(lambda match: self._blank_number(match[0]), text)
        return WORD.sub(lambda match: self._blank_word(match[0]), text)

    def _blank_number(self, run: str) -> str:
        """Blank a telephone or document, by however many signs its digits are parted."""
        parts = re.split(r"( +)", run)
        for first in range(0, len(parts), 2):
            for last in range(len(parts), first, -2):
                digits = re.sub(r"\D", "", "".join(parts[first:last])).lstrip("0")
                if len(digits) >= LEAST_DIGITS and self.holds(AS_NUMBER + digits):
                    tail = self._blank_number("".join(parts[last:]))
                    return "".join(parts[:first]) + ERASED + tail
        return run

    def _blank_word(self, written: str) -> str:
        word = written.rstrip(".!?")
        is_short = len(word) < LEAST_LETTERS or word.isdigit()
        return written if is_short or not self.holds(word) else ERASED + written[len(word) :]

    def filter_rows(
        self,
        engine: Engine,
        staging: ir.Table,
        column: str,
        order: str | None,
        form: str = "",
    ) -> tuple[ir.Table, int]:
        """Leave out what erased people bought; lines without an id go with their orders.

        Parameters
        ----------
        column, order : str
            The columns of the customer's id and of the order's.
        form : str
            How the ids are written.

        Returns
        -------
        ir.Table, int
            The other rows, and how many were left out.
        """
        if not self.hashes:
            return staging, 0
        written = engine.to_arrow(staging.select(x=column).distinct().drop_null())["x"]
        erased = written.filter(self.mark(written, form)).to_pylist()
        if not erased:
            return staging, 0
        is_erased = staging[column].isin(erased)
        if order is not None:
            orders = engine.to_arrow(staging.filter(is_erased).select(x=order).distinct())
            numbers = [number for number in orders["x"].to_pylist() if number is not None]
            is_erased = is_erased | (staging[column].isnull() & staging[order].isin(numbers))
        is_erased = is_erased.fill_null(False)
        rows = engine.to_arrow(staging.filter(is_erased).aggregate(n=lambda t: t.count()))
        return staging.filter(~is_erased), int(rows["n"][0].as_py())

    def filter_ids(self, ids: pa.Table, form: str) -> pa.Table:
        """Leave erased people out of a table of ids with ``source_id``."""
        if not self.hashes:
            return ids
        return ids.filter(pc.invert(self.mark(ids["source_id"], form)))

    def filter_refused(self, engine: Engine, cleaned: ir.Table) -> tuple[ir.Table, int]:
        """Leave out refused lines without an id that name an erased person in their text."""
        if not self.hashes:
            return cleaned, 0
        refused = cleaned.filter(cleaned.verdict.notnull() & cleaned.customer_id.isnull())
        rows = engine.to_arrow(refused.select("source_row", "line"))
        numbers = [
            row["source_row"] for row in rows.to_pylist() if row["line"] and self.names(row["line"])
        ]
        if not numbers:
            return cleaned, 0
        is_named = cleaned.verdict.notnull() & cleaned.source_row.isin(numbers)
        return cleaned.filter(~is_named.fill_null(False)), len(numbers)

    def _read(self) -> set[str]:
        try:
            return set(msgspec.json.decode(self.path.read_bytes(), type=list[str]))
        except FileNotFoundError:
            return set()
        except msgspec.DecodeError as error:
            raise WorkspaceDamaged(
                f"the tombstones of erased people are damaged: {error}",
                where=str(self.path),
                do="restore tables/tombstones.json and tombstones.key from a backup",
            ) from None


def list_numbers(spelling: str) -> list[str]:
    """Return a telephone or document as digits alone, the country's code there or not.

    Examples
    --------
    >>> list_numbers("+5511912345678")[2], list_numbers("529.982.247-25")
    ('#11912345678', ['#52998224725'])
    >>> list_numbers("17850")
    []
    """
    digits = re.sub(r"\D", "", spelling)
    if NUMBER.fullmatch(spelling) is None or len(digits) < LEAST_DIGITS:
        return []
    codes = CODES if spelling.startswith("+") else ()
    forms = [digits.lstrip("0"), *(digits[letters:] for letters in codes)]
    return [AS_NUMBER + form for form in forms if len(form) >= LEAST_DIGITS]


def list_tokens(line: str) -> Iterator[str]:
    """Yield what may be an id in a line: its fields whole, and longer words of their text.

    Examples
    --------
    >>> sorted(set(list_tokens('{"id": "7", "note": "of ana@example.org"}')))
    ['7', 'ana@example.org', 'of ana@example.org']
    """
    for field in list_fields(line):
        yield field
        words = BLANKS.split(field)
        if len(words) > 1:
            yield from (word for word in words if len(word) >= LEAST_LETTERS)


def list_fields(line: str) -> Iterator[str]:
    """Yield the fields of a line: a JSON object's values, or what separators part."""
    try:
        content = json.loads(line)
    except ValueError:
        content = FIELDS.split(line)
    values = content.values() if isinstance(content, dict) else content
    if isinstance(values, str | int | float) or values is None:
        values = [values]
    for value in values:
        if isinstance(value, dict | list):
            yield from list_fields(json.dumps(value))
        elif value is not None and (text := str(value).strip()):
            yield text

"""Privacy at the door: columns dropped and ids replaced before anything is stored."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import pyarrow as pa

from clientela.sources.ids import is_nobody, normalise_id, pseudonym
from clientela.sources.staging import Sample

NO_MARK = "~"
"""Stands before an order's pseudonym, which may begin with what marks a cancellation, as "c"."""
ORDER_LETTERS = 24  # 96 bits: no two orders of any firm share one by chance


@dataclass(frozen=True)
class Guard:
    """What a reader must do to every batch before it touches the disk.

    Parameters
    ----------
    drop : frozenset of str
        Columns of the source that are not stored, in any case of letters.
    id_column : str, optional
        The column whose values are replaced by their pseudonyms.
    keys : tuple of bytes
        The keys of the pseudonyms, the oldest first; none where ids are stored as they are.
    is_erased : callable
        Tells whether a pseudonym is an erased person's. Theirs under an earlier key stays, for by
        that one alone their tombstone knows them.
    form : str
        How the ids are written (:mod:`clientela.sources.ids`), for one person to have one
        pseudonym.
    apart : bool
        Whether some columns hold contact data, of which no line may keep a copy.
    order_column, order_prefix : str
        The column of order numbers, replaced with the ids, and what marks a cancellation there.
    """

    drop: frozenset[str] = frozenset()
    id_column: str | None = None
    keys: tuple[bytes, ...] = ()
    is_erased: Callable[[str], bool] = lambda pseudonym: False
    form: str = ""
    apart: bool = False
    order_column: str | None = None
    order_prefix: str = ""

    @property
    def active(self) -> bool:
        """Whether something is dropped, replaced or kept apart: no raw line may be stored."""
        return bool(self.drop) or bool(self.keys) or self.apart

    def drops(self, column: str) -> bool:
        """Tell whether a column is not stored."""
        return column.casefold() in {name.casefold() for name in self.drop}

    def apply(self, column: str, values: pa.Array) -> pa.Array:
        """Replace the ids of the id column and of orders; other columns pass."""
        if not self.keys or column not in (self.id_column, self.order_column):
            return values
        encoded = values.dictionary_encode()
        ids = encoded.dictionary.to_pylist()
        if column == self.order_column:
            hashed = [_hash_order(value, self) for value in ids]
        else:
            hashed = [_hash_id(value, self) for value in ids]
        return pa.array(hashed, pa.string()).take(encoded.indices)

    def line(self, text: str) -> str:
        """Return a rejected line as it may be stored: where privacy is on, only its length."""
        return f"({len(text):,} characters, not stored)" if self.active else text


def _hash_id(value: str, guard: Guard) -> str | None:
    customer_id = normalise_id(value, guard.form)
    if customer_id is None or is_nobody(customer_id):
        return None
    for key in guard.keys:
        customer_id = pseudonym(customer_id, key)
        if guard.is_erased(customer_id):
            break
    return customer_id


def _hash_order(value: str, guard: Guard) -> str | None:
    """Replace an order's number; the mark of a cancellation stays in front."""
    number, prefix = normalise_id(value), guard.order_prefix
    if number is None:
        return None
    mark = prefix if prefix and number.upper().startswith(prefix) else ""
    number = number[len(mark) :]
    for key in guard.keys:
        number = replace_order(number, key)
    return mark + NO_MARK + number


def replace_order(number: str, key: bytes) -> str:
    """Return the pseudonym of an order's number, or of its pseudonym under the keys before."""
    return pseudonym(number, key)[:ORDER_LETTERS]


def visible(sample: Sample, dropped: Collection[str]) -> Sample:
    """Leave the columns out of a sample that are not stored.

    Examples
    --------
    >>> visible(Sample(("id", "Name"), (("1", "Ana"),)), ["name"])
    Sample(columns=('id',), rows=(('1',),))
    """
    guard = Guard(drop=frozenset(dropped))
    positions = [i for i, column in enumerate(sample.columns) if not guard.drops(column)]
    return Sample(
        columns=tuple(sample.columns[i] for i in positions),
        rows=tuple(tuple(row[i] for i in positions) for row in sample.rows),
    )

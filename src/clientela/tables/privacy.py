"""Privacy at the door: columns dropped and ids replaced before anything is stored."""

import os
from collections.abc import Collection
from dataclasses import dataclass, replace

import pyarrow as pa

from clientela.config import Privacy
from clientela.errors import ConfigError
from clientela.tables.ids import normalise_id, pseudonym
from clientela.tables.mapping import Mapping
from clientela.tables.staging import Sample


@dataclass(frozen=True)
class Guard:
    """What a reader must do to every batch before it touches the disk.

    Parameters
    ----------
    drop : frozenset of str
        Columns of the source that are not stored, in any case of letters.
    id_column : str, optional
        The column whose values are replaced by their pseudonyms.
    key : bytes, optional
        The key of the pseudonyms.
    """

    drop: frozenset[str] = frozenset()
    id_column: str | None = None
    key: bytes | None = None

    @property
    def active(self) -> bool:
        """Whether anything is dropped or replaced, so that no raw line may be stored."""
        return bool(self.drop) or self.key is not None

    def drops(self, column: str) -> bool:
        """Tell whether a column is not stored."""
        return column.casefold() in {name.casefold() for name in self.drop}

    def apply(self, column: str, values: pa.Array) -> pa.Array:
        """Replace the ids of the id column; other columns pass."""
        if self.key is None or column != self.id_column:
            return values
        encoded = values.dictionary_encode()
        hashed = [_hashed(value, self.key) for value in encoded.dictionary.to_pylist()]
        return pa.array(hashed, pa.string()).take(encoded.indices)

    def line(self, text: str) -> str:
        """Give a rejected line as it may be stored: where privacy is on, only its length."""
        return f"({len(text):,} characters, not stored)" if self.active else text


def _hashed(value: str, key: bytes) -> str | None:
    customer_id = normalise_id(value)
    return None if customer_id is None else pseudonym(customer_id, key)


def guard(settings: Privacy, mapping: Mapping) -> Guard:
    """Give the guard of a source whose columns are understood.

    Raises
    ------
    ConfigError
        Ids shall be replaced and the environment holds no key, or a column is both mapped and to
        be dropped.
    """
    drops = Guard(drop=frozenset(settings.drop_columns))
    needed = [theirs for theirs in mapping.columns.values() if drops.drops(theirs)]
    if needed:
        raise ConfigError(
            "columns are mapped and shall be dropped: " + ", ".join(needed),
            where="privacy.drop_columns",
            do="take them out of source.columns, or out of privacy.drop_columns",
        )
    if not settings.hash_ids:
        return drops
    return replace(drops, id_column=mapping.columns["customer_id"], key=key(settings))


def key(settings: Privacy) -> bytes:
    """Read the key of the pseudonyms from the environment.

    Raises
    ------
    ConfigError
        There is none.
    """
    text = os.environ.get(settings.key_env, "")
    if not text:
        raise ConfigError(
            f"ids shall be replaced, and the environment variable {settings.key_env} holds no key",
            where="privacy.hash_ids",
            do=f"export {settings.key_env}=…, a long random text that you keep",
        )
    return text.encode()


def visible(sample: Sample, dropped: Collection[str]) -> Sample:
    """Leave the columns out of a sample that are not stored.

    Examples
    --------
    >>> visible(Sample(("id", "Name"), (("1", "Ana"),)), ["name"])
    Sample(columns=('id',), rows=(('1',),))
    """
    guard = Guard(drop=frozenset(dropped))
    kept = [i for i, column in enumerate(sample.columns) if not guard.drops(column)]
    return Sample(
        columns=tuple(sample.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in sample.rows),
    )

"""One line of the dictionary."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Place = Literal["workspace", "results"]
Value = int | float | Decimal | dt.date | dt.datetime


@dataclass(frozen=True)
class EntryFacts:
    """What the data says of a column.

    Parameters
    ----------
    rows : int
        Rows of the table.
    missing : float, optional
        Share of rows without a value; none where there are no rows.
    low, high : optional
        Smallest and largest value of a number, day or moment.
    values : int, optional
        Distinct values of a text.
    """

    rows: int = 0
    missing: float | None = None
    low: Value | None = None
    high: Value | None = None
    values: int | None = None


@dataclass(frozen=True)
class DictionaryEntry:
    """A column: where it stands, what it means, and what the data says of it."""

    place: Place
    table: str
    column: str
    type: str
    unit: str
    meaning_key: str
    facts: EntryFacts = EntryFacts()

    @property
    def table_meaning_key(self) -> str:
        """The key of the table's meaning in the locale catalogues."""
        return f"{'table' if self.place == 'workspace' else 'store'}.{self.table}"

"""The data of a report: the tables of one run and its facts."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec
import pyarrow as pa

from clientela.i18n import NO_CURRENCY


@dataclass(frozen=True)
class ReportData:
    """The tables of a run by name, and its headline facts.

    Parameters
    ----------
    tables : mapping
        Arrow tables, from a run in hand or from the store; those a run lacks are absent or empty.
    facts : mapping
        At least ``as_of`` (ISO date) and ``currency`` (ISO 4217; none or XXX where unknown).
    """

    tables: Mapping[str, pa.Table]
    facts: Mapping[str, Any] = field(default_factory=dict)
    _rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def as_of(self) -> dt.date:
        """Return the last day known."""
        return dt.date.fromisoformat(str(self.facts["as_of"]))

    @property
    def currency(self) -> str | None:
        """Return the code of the currency, or None where it is unknown."""
        code = self.facts.get("currency")
        return None if code in (None, "", NO_CURRENCY) else str(code)

    def table(self, name: str) -> pa.Table | None:
        """Return a table, or None where it is absent or empty."""
        table = self.tables.get(name)
        return table if table is not None and table.num_rows else None

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of a short table, money as floats; none where it is absent.

        They are read once and belong to all who ask: nobody changes them.
        """
        if name not in self._rows:
            table = self.table(name)
            self._rows[name] = [
                {key: float(v) if isinstance(v, Decimal) else v for key, v in row.items()}
                for row in ([] if table is None else table.to_pylist())
            ]
        return self._rows[name]

    def sorted_by(self, name: str, *keys: str) -> list[dict[str, Any]]:
        """Return the rows of a short table in the order of some columns."""
        return sorted(self.rows(name), key=lambda row: [row[key] for key in keys])


def parse_json(value: Any) -> Any:
    """Parse a JSON value unless the store has parsed it.

    Examples
    --------
    >>> parse_json('{"a": 1}'), parse_json([2]), parse_json(None)
    ({'a': 1}, [2], None)
    """
    return msgspec.json.decode(value) if isinstance(value, str | bytes) and value else value

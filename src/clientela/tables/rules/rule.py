"""What a rule is, and what it may know besides the row."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import ibis
import ibis.expr.types as ir

from clientela.config import Decision

Predicate = Callable[[ir.Table, "Context"], ir.BooleanValue]
Fix = Callable[[ir.Table, "Context"], ir.Value]

ALL: tuple[Decision, ...] = ("keep", "fix", "quarantine", "refuse")
NO_FIX: tuple[Decision, ...] = ("keep", "quarantine", "refuse")
NO_KEEP: tuple[Decision, ...] = ("fix", "quarantine", "refuse")
OUT: tuple[Decision, ...] = ("quarantine", "refuse")


@dataclass(frozen=True)
class Context:
    """What rules know besides the row.

    Parameters
    ----------
    now_local : datetime
        The moment of the run in the firm's time zone, without a zone.
    cancel_prefix : str
        What an order id of a cancellation begins with; empty where the layout has no such mark.
    fee_codes, fee_prefixes : tuple of str
        Product codes that are fees, in upper case.
    currency : str
        The one currency of the tables.
    priced : bool
        Whether the source tells prices, and not amounts alone.
    lonely_until : datetime, optional
        The end of a first day that lies far before all others; None where there is none.
    nobody : tuple of str
        Ids that stand for no customer.
    adjusts_stock : bool
        Whether the layout writes corrections of its stock as lines without a price.
    unnamed : frozenset of str
        Columns of the source that no mapping names, of which refused lines keep no personal data.
    """

    now_local: dt.datetime
    cancel_prefix: str = ""
    fee_codes: tuple[str, ...] = ()
    fee_prefixes: tuple[str, ...] = ()
    currency: str = ""
    priced: bool = True
    lonely_until: dt.datetime | None = None
    nobody: tuple[str, ...] = ()
    unnamed: frozenset[str] = frozenset()
    adjusts_stock: bool = False


def is_among(value: ir.Value, options: Iterable[Any]) -> ir.BooleanValue:
    """Tell values of a short list, false for null.

    Case by case, for DuckDB turns a longer IN into a join, which every column of a line passes.
    """
    cases = [(option, ibis.literal(True)) for option in dict.fromkeys(options)]
    return value.cases(*cases, else_=False) if cases else ibis.literal(False)


@dataclass(frozen=True)
class CleaningRule:
    """A named rule.

    ``finds`` is absent where the reader, and not an expression, finds the rows; ``fix`` gives the
    new value of ``fixes`` and is absent where there is nothing to fix.
    """

    name: str
    table: Literal["transactions", "customers"]
    default: Decision
    decisions: tuple[Decision, ...]
    finds: Predicate | None = None
    fixes: str = ""
    fix: Fix | None = None

    @property
    def meaning_key(self) -> str:
        """The key of the rule's description in the locale catalogues."""
        return f"rule.{self.name}"

    @property
    def flag(self) -> str:
        """The name of the column that marks the rows the rule finds."""
        return f"found_{self.name}"

"""Tables of several files: their keys, what one looks up in another, and sums an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import ibis.expr.types as ir

from clientela.mapping.formats import NumberFormat
from clientela.mapping.headings import IDS, NUMBERED, bare, words
from clientela.mapping.money_headings import classify
from clientela.mapping.numbers import number
from clientela.mapping.profile import ColumnProfile

MET = 0.95  # by convention: exports of a period lack a few orders of its edges
LEAST_USED = 0.5  # of the other table's keys, where no heading names the key
LEAST_KEYS = 20  # by convention: fewer equal values may be chance where no heading names the key
NAMED = 1.0  # the score from which headings name a key
GENERIC = IDS | NUMBERED


class JoinKey(NamedTuple):
    """A column of a table that names one row of another, and the share of its values met there."""

    many: str
    column: str
    one: str
    key: str
    met: float = 0.0
    named: float = 0.0
    score: float = 0.0


@dataclass(frozen=True)
class SourcePart:
    """A table of several files: its files, rows, the sample's columns and its unique columns."""

    name: str
    locations: tuple[str, ...]
    rows: ir.Table
    profiles: dict[str, ColumnProfile]
    counts: dict[str, int]
    unique: frozenset[str]


@dataclass(frozen=True)
class JoinedSource:
    """Files as one source: its file, what to show for it, the files left, and how it was joined.

    ``person_keys`` lead by the customer's id to tables of customers.
    """

    path: Path
    shown: str
    others: tuple[str, ...]
    announcement: str
    person_keys: tuple[JoinKey, ...] = ()


def score_names(column: str, key: str, table: str) -> float:
    """Score how well headings say that a column names rows of a table by its key.

    Examples
    --------
    >>> score_names("order_id", "order_id", "orders"), score_names("customer_id", "id", "clients")
    (2.0, 0.0)
    >>> score_names("customer_id", "id", "customers"), score_names("id", "id", "customers")
    (1.5, 0.0)
    """
    stem = bare(key)
    if bare(column) == stem and not words(key) <= GENERIC:
        return 2.0
    if words(key) <= GENERIC:
        about = words(column) - GENERIC
        return 1.5 if about and any(bare(word) in bare(table) for word in about) else 0.0
    shared = (words(column) & words(key)) - GENERIC
    return 1.0 if shared and GENERIC & (words(column) | words(key)) else 0.0


def add_columns(
    table: ir.Table,
    names: dict[tuple[str, str], str],
    key: JoinKey,
    other: ir.Table,
    columns: Sequence[str],
) -> ir.Table:
    """Join columns of another table by a key, each under a name that is free."""
    fresh = {}
    for column in columns:
        name = column if column not in table.columns else f"{column} ({key.one})"
        fresh[name] = column
        names[key.one, column] = name
    looked_up = other.select(
        joined_key=other[key.key].strip(), **{n: other[c] for n, c in fresh.items()}
    )
    theirs = table[names[key.many, key.column]].strip()
    return table.left_join(looked_up, theirs == looked_up.joined_key).drop("joined_key")


def add_up(part: SourcePart, column: str) -> ir.Table:
    """Add up the figures of a table of several rows a key."""
    figures = {
        name: profile
        for name, profile in part.profiles.items()
        if profile.decimal is not None and name != column and _adds_up(profile)
    }
    sums = {}
    for name, profile in figures.items():
        form = NumberFormat(decimal="," if profile.decimal == "," else ".")
        sums[name] = number(part.rows[name].strip(), form).sum()
    rows = part.rows.mutate(**{column: part.rows[column].strip()})
    return rows.group_by(column).aggregate(**sums) if sums else rows.select(column).distinct()


def _adds_up(profile: ColumnProfile) -> bool:
    """Tell whether a column of numbers holds money, and no number of a row or of instalments."""
    kind = classify(profile)
    return kind not in ("", "other", "quantity", "id") or (kind == "" and not profile.is_whole)

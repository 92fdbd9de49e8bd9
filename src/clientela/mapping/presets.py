"""Known layouts: the files of ``mapping/layouts``, told by the names of their columns."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Role = Literal["transactions", "customers"]
Names = str | tuple[str, ...]


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known layout.

    ``required`` and ``optional`` map our columns to the layout's (one name, or several); an
    ``exact`` layout has no other columns than those of ``patterns``, whose values must match. An
    ``own`` layout is of files that Clientela wrote: what a firm says of its files is not of them.
    """

    name: str
    title: str
    role: Role
    required: dict[str, Names]
    optional: dict[str, Names] = {}
    patterns: dict[str, str] = {}
    exact: bool = False
    own: bool = False
    timezone: str = "UTC"
    currency: str | None = None
    cancel_prefix: str = ""
    adjusts_stock: bool = False


@cache
def layouts() -> tuple[Layout, ...]:
    """Read the known layouts, in the order of their names."""
    files = resources.files("clientela.mapping.layouts").iterdir()
    return tuple(
        msgspec.convert(
            {"name": file.name.removesuffix(".toml"), **tomllib.loads(file.read_text("utf-8"))},
            Layout,
        )
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    )


def fold_name(name: str) -> str:
    """Reduce a column's name to what its spellings share.

    Examples
    --------
    >>> fold_name("Customer ID") == fold_name("customer_id") == fold_name("CustomerID")
    True
    """
    return re.sub(r"[\s_\-.]+", "", name).casefold()


def find_named_columns(names: Mapping[str, Names], columns: Sequence[str]) -> dict[str, str]:
    """Find the columns of a source that bear the names of a layout's."""
    by_name = {fold_name(column): column for column in reversed(columns)}
    matches: dict[str, str] = {}
    for ours, theirs in names.items():
        spellings = (theirs,) if isinstance(theirs, str) else theirs
        present = [by_name[fold_name(name)] for name in spellings if fold_name(name) in by_name]
        if present:
            matches[ours] = present[0]
    return matches


def match_columns(layout: Layout, columns: Sequence[str]) -> dict[str, str]:
    """Map our columns to those of the source that a layout names, required or not."""
    return find_named_columns({**layout.required, **layout.optional}, columns)


def missing(layout: Layout, columns: Sequence[str]) -> list[str]:
    """List the required columns of a layout that a source does not have."""
    present = find_named_columns(layout.required, columns)
    return [str(theirs) for ours, theirs in layout.required.items() if ours not in present]


def detect(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> Layout | None:
    """Find the layout of a source: of those that fit, the one that explains the most columns.

    Examples
    --------
    >>> detect(["customer_id", "trans_date", "tran_amount"], [], "transactions").title
    'Kaggle Retail Transaction Data'
    """
    fitting = [
        layout
        for layout in layouts()
        if layout.role == role and not missing(layout, columns) and _fits(layout, columns, rows)
    ]
    best = max(
        fitting,
        key=lambda layout: (len(match_columns(layout, columns)), len(layout.required)),
        default=None,
    )
    if best is None or len(match_columns(best, columns)) < 2:
        return None
    return best


def _fits(layout: Layout, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> bool:
    if layout.exact and list(columns) != list(layout.patterns):
        return False
    if not layout.patterns.keys() <= set(columns):
        return False
    return all(
        re.fullmatch(pattern, row[columns.index(column)] or "")
        for column, pattern in layout.patterns.items()
        for row in rows
    )

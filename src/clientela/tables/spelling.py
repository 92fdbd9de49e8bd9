"""Variants of one spelling: values that differ only in case, accents or spaces."""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence

import ibis.expr.types as ir

from clientela.engine import Engine

MOST_VALUES = 2_000  # by convention: a column of more values is no list of names


def fold_spelling(text: str) -> str:
    """Reduce a value to what its spelling variants share.

    Examples
    --------
    >>> fold_spelling("  São  Paulo ") == fold_spelling("sao paulo")
    True
    """
    bare = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(letters.casefold().split())


def corrections(counts: dict[str, int], held_spellings: Collection[str] = ()) -> dict[str, str]:
    """Map each rarer spelling to the most frequent one (the first in order among equals).

    A spelling that the tables already hold goes before any other.

    Examples
    --------
    >>> corrections({"EIRE": 9, "Eire": 2, "France": 5})
    {'Eire': 'EIRE'}
    >>> corrections({"EIRE": 9}, held_spellings=["Eire"])
    {'EIRE': 'Eire'}
    """
    families: dict[str, list[str]] = defaultdict(list)
    every = counts | {value: 0 for value in held_spellings if value not in counts}
    for value in sorted(
        every, key=lambda value: (value not in held_spellings, -every[value], value)
    ):
        families[fold_spelling(value)].append(value)
    return {rare: best for best, *rarer in families.values() for rare in rarer}


def variants(
    engine: Engine, table: ir.Table, columns: Sequence[str], held_rows: ir.Table | None
) -> dict[str, dict[str, str]]:
    """Find the spelling variants of some text columns of a table, beside the rows already held.

    Columns of more than 2,000 distinct values hold free text and no categories, and are passed
    over.
    """
    corrected = {}
    for column in columns:
        held_counts = {} if held_rows is None else _counts(engine, held_rows, column)
        corrected[column] = corrections(_counts(engine, table, column), held_counts)
    return {column: changes for column, changes in corrected.items() if changes}


def _counts(engine: Engine, table: ir.Table, column: str) -> dict[str, int]:
    counted = (
        table.filter(table[column].notnull())
        .group_by(value=column)
        .aggregate(rows=lambda t: t.count())
        .limit(MOST_VALUES + 1)
    )
    rows = engine.to_arrow(counted)
    if len(rows) > MOST_VALUES:
        return {}
    return dict(zip(rows["value"].to_pylist(), rows["rows"].to_pylist(), strict=True))

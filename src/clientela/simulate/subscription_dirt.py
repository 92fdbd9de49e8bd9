"""What is wrong with the two files, each kind named after the cleaning rule that finds it.

Nothing of the truth is lost: a kind either spoils a value in place that the cleaning repairs or
blanks, or adds a spoilt copy beside a sound row.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.simulate.customers import Ints
from clientela.simulate.dirt import Dirt

BAD_DATES = ("31/02/2024", "2024-13-05", "unknown", "00/00/0000")
ABSURD_AGES = ("-3", "0", "150", "999")
BAD_AGES = ("forty-two", "n.a.")
BAD_AMOUNTS = ("abc", "12.3.4")
NO_IDS = ("", "nan")
CENTURY = "21"

Columns = dict[str, pa.Array]
Spoil = Callable[[Columns, np.random.Generator], Columns]


def _one_of(column: str, values: tuple[str, ...]) -> Spoil:
    """Write any of some values instead of the sound one."""

    def spoil(rows: Columns, rng: np.random.Generator) -> Columns:
        drawn = rng.integers(0, len(values), len(rows[column]))
        return rows | {column: pa.array(values, pa.string()).take(pa.array(drawn))}

    return spoil


def _respell(column: str) -> Spoil:
    """Write a category in other letters."""

    def spoil(rows: Columns, rng: np.random.Generator) -> Columns:
        sound = rows[column]
        forms = (pc.utf8_upper(sound), pc.utf8_lower(sound), pc.utf8_swapcase(sound))
        return rows | {column: pc.choose(pa.array(rng.integers(0, 3, len(sound))), *forms)}

    return spoil


def _same(rows: Columns, rng: np.random.Generator) -> Columns:
    return rows


def _next_century(column: str) -> Spoil:
    def spoil(rows: Columns, rng: np.random.Generator) -> Columns:
        return rows | {column: pc.replace_substring_regex(rows[column], "^20", CENTURY)}

    return spoil


def _half_a_year_late(rows: Columns, rng: np.random.Generator) -> Columns:
    days = pc.cast(pc.cast(rows["signup_date"], pa.date32()), pa.int32())
    late = pc.cast(pc.cast(pc.add(days, 180), pa.int32()), pa.date32())
    return rows | {"signup_date": pc.cast(late, pa.string())}


PEOPLE: tuple[Dirt[Spoil], ...] = (
    Dirt("customer_spelling_variant", False, _respell("region")),
    Dirt("customer_spelling_variant", False, _respell("gender")),
    Dirt("absurd_age", False, _one_of("age", ABSURD_AGES)),
    Dirt("unreadable_age", False, _one_of("age", BAD_AGES)),
    Dirt("unreadable_signup", False, _one_of("signup_date", BAD_DATES)),
    Dirt("future_signup", False, _next_century("signup_date")),
    Dirt("signup_after_first_purchase", False, _half_a_year_late),
    Dirt("missing_customer_id", True, _one_of("customer_id", NO_IDS)),
)
LINES: tuple[Dirt[Spoil], ...] = (
    Dirt("spelling_variant", False, _respell("service")),
    Dirt("missing_customer", True, _one_of("customer_id", NO_IDS)),
    Dirt("unreadable_date", True, _one_of("transaction_date", BAD_DATES)),
    Dirt("future_date", True, _next_century("transaction_date")),
    Dirt("unreadable_number", True, _one_of("amount", BAD_AMOUNTS)),
    Dirt("zero_amount", True, _one_of("amount", ("0.00",))),
)
REPEATED: Dirt[Spoil] = Dirt("repeated_line", True, _same)


def plant(
    table: pa.Table,
    kinds: tuple[Dirt[Spoil], ...],
    shares: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[pa.Table, dict[str, int]]:
    """Spoil rows of a table of texts, and add spoilt and equal copies below their originals.

    Parameters
    ----------
    table : pa.Table
        All columns texts.
    shares : (float, float)
        Of rows with dirt, spread evenly over the kinds, and of rows that stand twice.

    Returns
    -------
    pa.Table, dict
        The table with its dirt, and how many rows each kind touched.
    """
    every = [*kinds, REPEATED]
    kind = _kinds(table.num_rows, len(kinds), shares, rng)
    counts: dict[str, int] = {}
    parts, places = [table], [np.arange(table.num_rows)]
    for number, dirt in enumerate(every):
        rows = np.flatnonzero(kind == number)
        parts.append(_spoil_rows(table.take(pa.array(rows)), dirt, rng))
        places.append(rows)
        counts[dirt.name] = counts.get(dirt.name, 0) + len(rows)
    replaced = np.isin(kind, [n for n, dirt in enumerate(every) if not dirt.adds])
    row, copy = np.concatenate(places), np.repeat(range(len(parts)), [len(p) for p in places])
    remaining = np.flatnonzero((copy > 0) | ~replaced[row])
    order = remaining[np.lexsort((copy[remaining], row[remaining]))]
    return pa.concat_tables(parts).take(pa.array(order)), counts


def _kinds(rows: int, kinds: int, shares: tuple[float, float], rng: np.random.Generator) -> Ints:
    """Draw for each row its kind of dirt, ``kinds`` for a repeated row, -1 for none."""
    chance, drawn = rng.random(rows), rng.integers(0, kinds, rows)
    twice = (chance >= shares[0]) & (chance < sum(shares))
    return np.where(chance < shares[0], drawn, np.where(twice, kinds, -1)).astype(np.int64)


def _spoil_rows(rows: pa.Table, kind: Dirt[Spoil], rng: np.random.Generator) -> pa.Table:
    columns = {name: rows[name].combine_chunks() for name in rows.column_names}
    return pa.table(kind.spoil(columns, rng), schema=rows.schema)

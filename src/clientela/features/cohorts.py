"""Customers by their first order: how many come back, month after month.

They are followed by its month, its main product, its channel, and by their country.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import bound, lines, sales
from clientela.features.product_families import ProductFamilies, bind_families, join_families
from clientela.features.snapshot import KEY

COHORTS = pa.schema(
    [
        ("cohort", pa.date32()),
        ("month", pa.date32()),
        ("customers", pa.int64()),
        ("active", pa.int64()),
        ("revenue", pa.float64()),
    ]
)
GROUPS = pa.schema(
    [
        ("kind", pa.string()),
        ("cohort", pa.string()),
        ("age_months", pa.int64()),
        ("name", pa.string()),
        ("customers", pa.int64()),
        ("active", pa.int64()),
        ("revenue", pa.float64()),
    ]
)
KINDS = ("product", "channel", "country")
MOST_GROUPS = 10  # by convention: what is told apart at a glance; the others are one
OTHERS = ""
"""The cohort of those whose first product, channel or country is rarer, or unknown."""

STARTS = pa.schema(
    [
        (KEY, pa.string()),
        ("first_product", pa.string()),
        ("first_channel", pa.string()),
        ("order_months", pa.string()),
    ]
)
"""How each customer began, and a digit for each month from then on: 1 where they ordered in it."""

_CELLS = pa.schema(
    [
        *((kind, pa.string()) for kind in KINDS),
        ("cohort", pa.date32()),
        ("month", pa.date32()),
        ("active", pa.int64()),
        ("revenue", pa.decimal128(38, 4)),
    ]
)
_ORDERED = pa.schema(
    [
        *((name, pa.string()) for name in STARTS.names[:3]),
        ("length", pa.int64()),
        ("ages", pa.list_(pa.int64())),
    ]
)
_SHOWN = pa.schema([("value", pa.string())])
_COUNTRIES = pa.schema([(KEY, pa.string()), ("country", pa.string())])
Cell = dict[str, Any]
SUMMED = ("active", "revenue")
NOTHING: Cell = {"active": 0, "revenue": Decimal(0)}


def follow_cohorts(
    history: History, families: ProductFamilies, first_families: Sequence[str]
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Follow customers from their first order up to the history's last day, in one pass.

    A customer belongs to the month of the first sale. What came back before it, of purchases that
    the data does not see, belongs to no month. The first product is the family on which most was
    spent in the first order; the country is that of most sales, as the feature has it.

    Parameters
    ----------
    families : ProductFamilies
        Products by family.
    first_families : sequence of str
        Families with which most customers began; the first :data:`MOST_GROUPS` are followed.

    Returns
    -------
    pa.Table, pa.Table, pa.Table
        Of :data:`COHORTS`: a row for every cohort and every month from its first to that of
        ``as_of``, in that order; ``customers`` of the cohort, ``active`` of them with an order in
        the month, and their net ``revenue`` of the month, fees apart. Of :data:`GROUPS`: the same
        by kind of cohort and months since the first, without those of the data's first month, most
        of whom are no new customers; a month counts once it is over, for whom it is known. Of
        :data:`STARTS`: the customers of the snapshot, by whose rows all of it can be counted.
    """
    snapshot = history.snapshot(history.as_of, ["country", "top_channel"])
    shown = {
        "product": [*first_families][:MOST_GROUPS],
        "channel": _rank_values(snapshot["top_channel"]),
        "country": _rank_values(snapshot["country"]),
    }
    _bind_groups(history, families, snapshot, shown)
    cells, starts = _count_groups(history)
    rows = _list_months(_sum_cells(cells, []), history.as_of)
    names: dict[str, dict[str, str]] = {"product": families.names}
    groups = [
        {"kind": kind, "name": names.get(kind, {}).get(row["cohort"], row["cohort"]), **row}
        for kind in KINDS
        for row in _list_ages(_sum_cells(cells, [kind]), kind, history.as_of)
    ]
    by_month = pa.Table.from_pylist([*rows], COHORTS)
    return by_month, pa.Table.from_pylist(groups, GROUPS), starts


def _rank_values(column: pa.ChunkedArray) -> list[str]:
    """Rank the commonest values of a feature, ties by their names."""
    counts = {
        row["values"]: row["counts"]
        for row in pc.value_counts(column.combine_chunks()).to_pylist()
        if row["values"] is not None
    }
    return sorted(counts, key=lambda value: (-counts[value], value))[:MOST_GROUPS]


def _bind_groups(
    history: History,
    families: ProductFamilies,
    snapshot: pa.Table,
    shown: Mapping[str, Sequence[str]],
) -> None:
    """Hand the engine what tells which cohorts customers belong to."""
    is_shown = pc.is_in(snapshot["country"], pa.array(shown["country"], pa.string()))
    countries = pc.if_else(is_shown, snapshot["country"], OTHERS)
    bind_families(history.engine, families)
    tables = {
        "countries": pa.table([snapshot[KEY], countries], schema=_COUNTRIES),
        **{f"shown_{kind}": pa.table([shown[kind]], schema=_SHOWN) for kind in KINDS[:2]},
    }
    for name, table in tables.items():
        history.engine.bind(name, history.engine.from_arrow(table))


def _count_groups(history: History) -> tuple[pa.Table, pa.Table]:
    """Count one group of buckets after another: the cells of all cohorts, and how each began."""
    engine, dated = history.engine, _date_months(history.as_of)
    cells, starts = [_CELLS.empty_table()], [STARTS.empty_table()]
    read, groups = history.source
    for group in groups:
        engine.bind("transactions", read(group).transactions)
        months = engine.materialise(dated)
        cells.append(engine.query(engine.compile(_count_cells(months)), _CELLS))
        ordered = engine.query(engine.compile(_list_ordered(months, history.as_of)), _ORDERED)
        starts.append(_write_months(ordered))
        engine.drop(months)
    return pa.concat_tables(cells), pa.concat_tables(starts).sort_by(KEY)


def _date_months(as_of: dt.date) -> ir.Table:
    """Sum up each customer's months since the first order, beside how they began."""
    t = lines()
    day = t.ordered_local.date()
    t = t.filter(t.customer_id.notnull(), day <= ibis.literal(as_of), t.kind != "fee")
    months = t.group_by(KEY, month=t.ordered_local.truncate("M").cast("date")).aggregate(
        amount=t.amount.sum().cast(TOTAL), sold=(t.kind == "sale").cast("int64").max()
    )
    first = months.month.min(where=months.sold == 1)
    dated = months.mutate(cohort=first.over(ibis.window(group_by=KEY)))
    return dated.filter(dated.month >= dated.cohort).join(_describe_starts(as_of), KEY)


def _count_cells(months: ir.Table) -> ir.Table:
    """Count and sum by cohorts of all kinds and month, where anything happened."""
    since = _show(_show(months, "first_product", "product"), "first_channel", "channel")
    return since.group_by(*KINDS, "cohort", "month").aggregate(
        active=since.sold.sum().cast("int64"), revenue=since.amount.sum().cast(TOTAL)
    )


def _list_ordered(months: ir.Table, as_of: dt.date) -> ir.Table:
    """List the months in which each customer ordered, counted from the first, and how many ran."""
    sold = months.filter(months.sold == 1)
    first = _number(sold.cohort)
    listed = sold.mutate(age=_number(sold.month) - first, length=_count_month(as_of) + 1 - first)
    return listed.group_by(KEY, "first_product", "first_channel", "length").aggregate(
        ages=listed.age.collect()
    )


def _number(month: ir.DateValue) -> ir.IntegerValue:
    return (month.year().cast("int64") * 12 + month.month() - 1).cast("int64")


def _write_months(ordered: pa.Table) -> pa.Table:
    """Write the months of each customer as digits.

    Examples
    --------
    >>> columns = {KEY: ["a", "b"], "first_product": [None, "p"], "first_channel": [None, None]}
    >>> months = pa.table(columns | {"length": [4, 1], "ages": [[0, 2], [0]]}, schema=_ORDERED)
    >>> _write_months(months)["order_months"].to_pylist()
    ['1010', '1']
    """
    ordered = ordered.combine_chunks()
    lengths, ages = ordered["length"].to_numpy(), ordered["ages"].combine_chunks()
    ends = np.concatenate([[0], np.cumsum(lengths)])
    digits = np.full(ends[-1], ord("0"), np.uint8)
    digits[np.repeat(ends[:-1], pc.list_value_length(ages)) + ages.flatten().to_numpy()] = ord("1")
    buffers = [pa.py_buffer(ends.astype(np.int64)), pa.py_buffer(digits)]
    written = pa.LargeStringArray.from_buffers(len(lengths), *buffers).cast(pa.string())
    return ordered.select(STARTS.names[:3]).append_column(STARTS.names[3], written)


def _describe_starts(as_of: dt.date) -> ir.Table:
    """Describe how each customer began: the main product, the channel, and the shown country."""
    sold = sales(as_of)
    order = {"at": sold.ordered_local, "order_id": sold.order_id}
    start = ibis.struct({**order, "channel": ibis.coalesce(sold.channel, OTHERS)})
    starts = sold.group_by(KEY).aggregate(start=start.min())
    starts = starts.select(
        KEY, order_id=starts.start["order_id"], first_channel=starts.start["channel"].nullif("")
    )
    described = starts.left_join(_find_main_families(sold, starts), KEY)
    described = described.left_join(bound("countries", _COUNTRIES), KEY)
    return described.select(KEY, "first_product", "first_channel", "country")


def _find_main_families(sold: ir.Table, starts: ir.Table) -> ir.Table:
    """Find the family of products on which each customer spent most in the first order."""
    bought = join_families(sold.semi_join(starts, [KEY, "order_id"]))
    spent = bought.group_by(KEY, "family").aggregate(amount=bought.amount.sum())
    ranked = ibis.struct({"below": -spent.amount, "family": spent.family})
    main = spent.group_by(KEY).aggregate(main=ranked.min())
    return main.select(KEY, first_product=main.main["family"])


def _show(described: ir.Table, column: str, kind: str) -> ir.Table:
    """Name a cohort after a column, all that is not shown by the one of the others."""
    shown = bound(f"shown_{kind}", _SHOWN)
    shown = shown.select(**{kind: shown.value})
    joined = described.left_join(shown, described[column] == shown[kind])
    return joined.mutate(**{kind: ibis.coalesce(joined[kind], OTHERS)})


def _sum_cells(cells: pa.Table, kinds: Sequence[str]) -> list[Cell]:
    """Sum up the cells of some kinds of cohorts, the earliest first."""
    keys = [*kinds, "cohort", "month"]
    sums = cells.group_by(keys, use_threads=False).aggregate([(name, "sum") for name in SUMMED])
    rows: list[Cell] = sums.rename_columns([*keys, *SUMMED]).to_pylist()
    return sorted(rows, key=lambda row: tuple(row[key] for key in keys))


def _list_months(cells: Sequence[Cell], as_of: dt.date) -> Iterator[Cell]:
    """List each cohort in each month up to the last, also where nobody ordered."""
    known = {(row["cohort"], row["month"]): row for row in cells}
    for cohort in sorted({cohort for cohort, _ in known}):
        for month in _months(cohort, as_of):
            row = known.get((cohort, month), NOTHING)
            yield {
                "cohort": cohort,
                "month": month,
                "customers": known[cohort, cohort]["active"],
                "active": row["active"],
                "revenue": float(row["revenue"]),
            }


def _months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range(_count_month(first), _count_month(last) + 1):
        yield dt.date(number // 12, number % 12 + 1, 1)


def _count_month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _list_ages(cells: Sequence[Cell], kind: str, as_of: dt.date) -> Iterator[Cell]:
    """List the cohorts of a kind by months since the first; nothing where lines name none."""
    earliest = min((row["cohort"] for row in cells), default=None)
    cells = [row for row in cells if row["cohort"] != earliest]
    if all(row[kind] == OTHERS for row in cells):
        return
    sizes: Counter[tuple[str, int]] = Counter()
    sums: dict[tuple[str, int], Cell] = {}
    running = _count_month(as_of)
    for row in cells:
        first, month = (_count_month(row[name]) for name in ("cohort", "month"))
        name, age = row[kind], month - first
        if not age:  # who began then is counted at each age that is over
            sizes.update({(name, at): row["active"] for at in range(max(running - first, 1))})
        if not age or month < running:
            before = sums.get((name, age), NOTHING)
            sums[name, age] = {column: before[column] + row[column] for column in SUMMED}
    for name, age in sorted(sizes):
        row = sums.get((name, age), NOTHING)
        yield {
            "cohort": name,
            "age_months": age,
            "customers": sizes[name, age],
            "active": row["active"],
            "revenue": float(row["revenue"]),
        }

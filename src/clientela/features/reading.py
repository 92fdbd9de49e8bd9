"""The tables as a history reads them: again and again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.engine import Engine
from clientela.features.cutoff import ADJUSTMENT_COLUMNS, SALE_COLUMNS
from clientela.tables.buckets import group_buckets
from clientela.tables.schema import Tables
from clientela.tables.workspace import Workspace

FEW_LINES = 1_000_000
"""As many lines as are kept in memory; with more, each question reads the files."""

READ_COLUMNS = {*SALE_COLUMNS, *ADJUSTMENT_COLUMNS, "description"}
"""Of the lines, what is asked of past days; keys and prices are half of what a line holds."""

Reader = Callable[[Sequence[str]], Tables]


def make_reader(engine: Engine, workspace: Workspace) -> Reader:
    """Return what reads the tables of some buckets, as :class:`History` asks for them.

    To open the files of a small firm takes longer than to look through its lines, so that these
    are kept.
    """
    fits_memory = engine.local is engine and workspace.lines() <= FEW_LINES

    @cache
    def read(group: Sequence[str]) -> Tables:
        tables = workspace.tables(engine, group)
        if not fits_memory:
            return tables
        transactions = engine.materialise(tables.transactions)
        return replace(tables, transactions=transactions)

    return read


def stage_customers(
    engine: Engine,
    read: Reader,
    groups: Sequence[Sequence[str]],
    ids: pa.ChunkedArray,
) -> tuple[Reader, list[tuple[str, ...]]]:
    """Stage the rows of some customers, to be read again and again without those of all others.

    Lines hold :data:`READ_COLUMNS`; their other columns are null. What is staged is the local
    engine's; another one hands it over bucket by bucket.

    Returns
    -------
    callable, list of tuple of str
        Reads the staged parts of a group; the parts to read together.
    """
    wanted = engine.from_arrow(pa.table({"customer_id": ids}))

    local = engine.local
    if local is not engine:
        groups = [(name,) for group in groups for name in group]

    def stage(table: ir.Table) -> ir.Table:
        return local.stage(table if local is engine else local.from_arrow(engine.to_arrow(table)))

    parts: dict[str, Tables] = {}
    lines: dict[str, int] = {}
    for number, group in enumerate(groups):
        tables = read(group)
        lines_of = tables.transactions.semi_join(wanted, "customer_id")
        types = lines_of.schema().items()
        unread = {name: ibis.null(dtype) for name, dtype in types if name not in READ_COLUMNS}
        staged = stage(lines_of.mutate(**unread))
        people = tables.customers
        people = None if people is None else stage(people.semi_join(wanted, "customer_id"))
        parts[str(number)] = Tables(staged, people)
        counted = local.to_arrow(staged.aggregate(lines=staged.count()))
        lines[str(number)] = counted["lines"][0].as_py()

    @cache
    def read_parts(group: Sequence[str]) -> Tables:
        customers = [part for name in group if (part := parts[name].customers) is not None]
        return Tables(
            ibis.union(*(parts[name].transactions for name in group)),
            ibis.union(*customers) if customers else None,
        )

    return read_parts, group_buckets(lines, local.rows_at_once)

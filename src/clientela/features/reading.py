"""The tables as a history reads them: again and again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

from clientela.engine import Engine
from clientela.tables.schema import Tables
from clientela.tables.workspace import Workspace

FEW_LINES = 1_000_000
"""As many lines as are kept in memory; with more, each question reads the files."""


def make_reader(engine: Engine, workspace: Workspace) -> Callable[[Sequence[str]], Tables]:
    """Return what reads the tables of some buckets, as :class:`History` asks for them.

    To open the files of a small firm takes longer than to look through its lines, so that these
    are kept.
    """
    fits_memory = workspace.lines() <= FEW_LINES

    @cache
    def read(group: Sequence[str]) -> Tables:
        tables = workspace.tables(engine, group)
        if not fits_memory:
            return tables
        transactions = engine.materialise(tables.transactions)
        return replace(tables, transactions=transactions)

    return read

"""Decide how dates and numbers are written, from whole columns and never from a prefix."""

import ibis.expr.types as ir

from clientela.config import Source
from clientela.engine import Engine
from clientela.tables.formats import Formats
from clientela.tables.mapping import Mapping


def decide(
    engine: Engine,
    staging: ir.Table,
    mapping: Mapping,
    settings: Source,
    typed: frozenset[str] = frozenset(),
) -> Formats:
    """Decide the formats of every date and number column.

    Parameters
    ----------
    typed : frozenset of str
        The source's columns whose text was written from numbers (``Staged.typed``).

    Raises
    ------
    DecisionNeeded
        A column fits two readings: source.date_order or source.decimal must be set.
    MappingError
        A column mixes two readings.
    """
    raise NotImplementedError

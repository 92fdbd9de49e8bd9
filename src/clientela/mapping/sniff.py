"""Decide how dates and numbers are written, from whole columns and never from a prefix.

A column is decided by its distinct values. What fits two readings is asked, not guessed.
"""

import datetime as dt
from dataclasses import dataclass

import ibis.expr.types as ir

from clientela.config import Source
from clientela.engine import Engine
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat, Formats, NumberFormat
from clientela.mapping.parse import strip_blanks
from clientela.mapping.sniff_dates import date_evidence, date_format
from clientela.mapping.sniff_numbers import TYPED, number_evidence, number_formats
from clientela.mapping.source_columns import Mapping

DATES = ("ordered_local", "signup_date", "birth_date", "churned_at", "known_from")
NUMBERS = ("quantity", "unit_price", "amount", "discount", "discount_share", "refunded", "age")


@dataclass(frozen=True)
class _Column:
    """A column of the source, by our name and its own, and its distinct values ``x``."""

    ours: str
    theirs: str
    values: ir.Table


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
    engine : Engine
        What evaluates one query a column.
    staging : ir.Table
        The source as :func:`clientela.sources.reading.stage` wrote it.
    mapping : Mapping
        Which columns are ours.
    settings : Source
        ``date_order`` and ``decimal`` decide where the data does not.
    typed : frozenset of str
        The source's columns whose text was written from numbers (``StagedSource.typed``).

    Raises
    ------
    DecisionNeeded
        A column fits two readings: source.date_order or source.decimal must be set.
    MappingError
        A column mixes two readings, or holds no dates.
    """
    dated = [_column(staging, name, mapping) for name in DATES if name in mapping.columns]
    numeric = [_column(staging, name, mapping) for name in NUMBERS if name in mapping.columns]
    forms = {column.ours: _date_format(engine, column, settings) for column in dated}
    first, last = _span(engine, dated, forms)
    return Formats(
        dates=forms,
        numbers=_number_formats(engine, numeric, settings, typed),
        first=first,
        last=last,
    )


def _column(staging: ir.Table, ours: str, mapping: Mapping) -> _Column:
    theirs = mapping.columns[ours]
    distinct = staging.select(raw=staging[theirs]).distinct()
    values = distinct.select(x=strip_blanks(distinct.raw))
    return _Column(ours, theirs, values.filter(values.x.notnull()))


def _date_format(engine: Engine, column: _Column, settings: Source) -> DateFormat:
    evidence = engine.to_arrow(column.values.aggregate(**date_evidence(column.values.x)))
    return date_format(evidence.to_pylist()[0], column.theirs, settings.date_order)


def _number_formats(
    engine: Engine, columns: list[_Column], settings: Source, typed: frozenset[str]
) -> dict[str, NumberFormat]:
    texts = [column for column in columns if column.theirs not in typed]
    evidence = {
        column.theirs: engine.to_arrow(
            column.values.aggregate(**number_evidence(column.values.x))
        ).to_pylist()[0]
        for column in texts
    }
    decided = number_formats(evidence, settings.decimal)
    return {column.ours: decided.get(column.theirs, TYPED) for column in columns}


def _span(
    engine: Engine, columns: list[_Column], forms: dict[str, DateFormat]
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return the first and last moment that the orders' column shows."""
    ordered = [column for column in columns if column.ours == "ordered_local"]
    if not ordered:
        return None, None
    shown = dates.moment(ordered[0].values.x, forms["ordered_local"])
    span = ordered[0].values.aggregate(first=shown.min(), last=shown.max())
    row = engine.to_arrow(span).to_pylist()[0]
    return row["first"], row["last"]

"""Decide how dates and numbers are written, from whole columns and never from a prefix.

A column is decided by its distinct values. What fits two readings is asked, not guessed.
"""

import datetime as dt
from collections.abc import Mapping as MappingOf
from dataclasses import replace
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat, Formats, NumberFormat, Order
from clientela.mapping.numbers import list_currencies
from clientela.mapping.parse import strip_blanks
from clientela.mapping.sniff_dates import check_dates, date_evidence, date_format
from clientela.mapping.sniff_numbers import TYPED, number_evidence, number_formats
from clientela.mapping.source_columns import Mapping

DATES = ("ordered_local", "refunded_at", "signup_date", "birth_date", "churned_at", "known_from")
LEAST_DAYS = 30  # by convention: a shop of fewer days of sale may have begun with a lonely one
LEAST_GAP_DAYS = 365  # by convention: shorter pauses are seasons
GAP_TIMES = 3  # by convention: a shop that pauses often may have paused before, too
MOST_SIGNS = 200  # by convention: amounts bear a handful of signs; more texts are notes
NUMBERS = (
    "quantity",
    "unit_price",
    "amount",
    "discount",
    "discount_share",
    "refunded",
    "credited",
    "cost",
    "unit_cost",
    "age",
)


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
    forms: dict[str, DateFormat] = {}
    for name in DATES:
        if name in mapping.columns:
            order = settings.date_order
            if name == "refunded_at" and forms["ordered_local"].order != "ymd":
                order = forms["ordered_local"].order  # few dates, written as those of the orders
            forms[name] = _date_format(engine, staging, mapping.columns[name], order)
    days = _list_days(engine, staging, mapping.columns, forms)
    return Formats(
        dates=forms,
        numbers=_number_formats(engine, staging, mapping.columns, settings, typed),
        first=min((first for _, first, _ in days), default=None),
        last=max((last for *_, last in days), default=None),
        lonely_until=_find_lonely_day([day for day, *_ in days]),
    )


def _distinct(staging: ir.Table, column: str) -> ir.Table:
    """Return the distinct values ``x`` of a column of the source."""
    distinct = staging.select(raw=staging[column]).distinct()
    values = distinct.select(x=strip_blanks(distinct.raw))
    return values.filter(values.x.notnull())


def _date_format(engine: Engine, staging: ir.Table, column: str, order: Order | None) -> DateFormat:
    values = _distinct(staging, column)
    measures = engine.to_arrow(values.aggregate(**date_evidence(values.x))).to_pylist()[0]
    check_dates(measures, column)
    return date_format(measures, column, order)


def _number_formats(
    engine: Engine,
    staging: ir.Table,
    columns: MappingOf[str, str],
    settings: Source,
    typed: frozenset[str],
) -> dict[str, NumberFormat]:
    numeric = {name: columns[name] for name in NUMBERS if name in columns}
    values = {name: _distinct(staging, name) for name in numeric.values() if name not in typed}
    evidence = {
        name: engine.to_arrow(texts.aggregate(**number_evidence(texts.x))).to_pylist()[0]
        for name, texts in values.items()
    }
    for ours, theirs in numeric.items():
        if ours in ("unit_price", "amount") and theirs in values and "currency" not in columns:
            _check_currency(engine, theirs, values[theirs], evidence[theirs])
    decided = number_formats(evidence, settings.decimal)
    return {ours: decided.get(theirs, TYPED) for ours, theirs in numeric.items()}


def _check_currency(
    engine: Engine, column: str, values: ir.Table, facts: MappingOf[str, Any]
) -> None:
    """Ask where amounts bear the signs of several currencies, which would be added up."""
    if facts["plain"] == facts["values"]:
        return
    signs = values.select(x=values.x.re_replace(r"[0-9.,'()\s+-]", "")).distinct()
    texts = engine.to_arrow(signs.limit(MOST_SIGNS))["x"].to_pylist()
    currencies = list_currencies(texts)
    if len(currencies) > 1:
        raise DecisionNeeded(
            f"amounts are in {len(currencies)} currencies: {', '.join(currencies)}",
            where=f"column {column}",
            do="put the currency into a column of its own, or read each currency into a workspace "
            "of its own",
        )


def _list_days(
    engine: Engine,
    staging: ir.Table,
    columns: MappingOf[str, str],
    forms: dict[str, DateFormat],
) -> list[tuple[dt.date, dt.datetime, dt.datetime]]:
    """List the days that the orders' column shows, each with its first and last moment."""
    if "ordered_local" not in forms:
        return []
    values = _distinct(staging, columns["ordered_local"])
    shown = values.select(shown=dates.moment(values.x, forms["ordered_local"]))
    days = shown.group_by(day=shown.shown.date()).aggregate(
        first=shown.shown.min(), last=shown.shown.max()
    )
    rows = engine.to_arrow(days.order_by("day")).to_pylist()
    return [tuple(row.values()) for row in rows if row["day"] is not None]


def describe_mixture(engine: Engine, staging: ir.Table, mapping: Mapping, formats: Formats) -> str:
    """Say how many rows write their date in which form; empty where all write it as usual."""
    form = formats.dates.get("ordered_local")
    column = mapping.columns.get("ordered_local", "")
    if form is not None and form.buddhist:
        return f"years of {column} are counted as in Thailand: 543 are taken off"
    if form is None or not form.further:
        return ""
    written = staging.group_by(text=strip_blanks(staging[column])).aggregate(
        rows=lambda t: t.count()
    )
    text = written.text
    unread: ir.BooleanValue = text.notnull()
    counts: dict[str, ir.Scalar] = {}
    for number, single in enumerate((replace(form, further=()), *form.further)):
        reads = unread & dates.moment(text, single).notnull()
        counts |= {
            f"rows{number}": written.rows.sum(where=reads).fill_null(0),
            f"example{number}": text.min(where=reads),
        }
        unread = unread & ~reads
    row = engine.to_arrow(written.aggregate(**counts)).to_pylist()[0]
    forms = [
        f"{row[f'rows{number}']:,} like {row[f'example{number}']}"
        for number in range(len(form.further) + 1)
        if row[f"rows{number}"]
    ]
    if len(forms) < 2:  # the further ones belong to rows that no form reads
        return ""
    return f"dates of {column} are written in several forms: {', '.join(forms)}"


def _find_lonely_day(days: list[dt.date]) -> dt.datetime | None:
    """Find a first day that lies far before all others; returns the end of it and of the next.

    The day after belongs to it, for instants may fall into it in the firm's zone.
    """
    if len(days) <= LEAST_DAYS:
        return None
    gaps = [(later - day).days for day, later in pairwise(days)]
    if gaps[0] <= max(LEAST_GAP_DAYS, GAP_TIMES * max(gaps[1:])):
        return None
    return dt.datetime.combine(days[0] + dt.timedelta(days=2), dt.time())

"""Takings made by hand, without tables or engine."""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from clientela.features.daily_revenue import DailyRevenue

FIRST = dt.date(2010, 1, 1)


def brought(rows: Iterable[tuple[str, int, float]], as_of: dt.date) -> DailyRevenue:
    """Make takings of (customer, day counted from the first, amount)."""
    known = sorted(rows)
    ids = sorted({row[0] for row in known})
    customer = np.array([ids.index(row[0]) for row in known], dtype=np.int64)
    ages = np.array([(as_of - FIRST).days - row[1] for row in known], dtype=np.int64)
    return takings_of(ids, customer, ages, np.array([row[2] for row in known]), as_of)


def takings_of(
    ids: list[str],
    customer: np.ndarray[tuple[int], np.dtype[np.int64]],
    ages: np.ndarray[tuple[int], np.dtype[np.int64]],
    amount: np.ndarray[tuple[int], np.dtype[np.float64]],
    as_of: dt.date,
) -> DailyRevenue:
    first = np.zeros(len(ids), dtype=np.int64)
    np.maximum.at(first, customer, ages)
    return DailyRevenue(pa.array(ids, pa.string()), FIRST, as_of, customer, ages, amount, first)

"""The months in which segments order: counted by hand, the last year alone."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from clientela.features.daily_revenue import PurchaseDays
from clientela.segments.describe.months import MONTHS, count_months

AS_OF = dt.date(2011, 12, 9)


def buy(*orders: tuple[int, str, int]) -> PurchaseDays:
    """Return the days on which customers, by their places, placed so many orders."""
    ages = [(AS_OF - dt.date.fromisoformat(day)).days for _, day, _ in orders]
    return PurchaseDays(
        ids=pa.array(["a", "b", "c"]),
        first_day=dt.date(2010, 1, 1),
        as_of=AS_OF,
        customer=np.array([place for place, _, _ in orders], np.int32),
        age_days=np.array(ages, np.int32),
        order_age_days=np.array(ages, np.int32),
        units=np.ones(len(orders)),
        orders=np.array([count for _, _, count in orders], np.int32),
    )


def test_orders_of_the_last_year_are_counted_by_segment_and_month() -> None:
    days = buy(
        (0, "2010-12-09", 5),  # a year before, the same day: too long ago
        (0, "2010-12-10", 1),
        (0, "2011-12-09", 2),
        (0, "2011-11-05", 0),  # a return
        (1, "2011-01-31", 1),
        (2, "2011-11-30", 4),
    )
    table = count_months(days, np.array([7, 7, 2]))
    assert table.schema.equals(MONTHS)
    told = {
        (row["segment"], row["month"]): (row["orders"], row["orders_share"], row["base_share"])
        for row in table.to_pylist()
        if row["orders"]
    }
    assert told == {
        (2, 11): (4, 1.0, 0.5),
        (7, 1): (1, 0.25, 0.125),
        (7, 12): (3, 0.75, pytest.approx(3 / 8)),
    }
    assert table.num_rows == 2 * 12


def test_without_an_order_there_are_no_months() -> None:
    assert count_months(buy(), np.array([1, 1, 2])).equals(MONTHS.empty_table())

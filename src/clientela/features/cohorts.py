"""Customers by the month of their first order: how many come back, month after month."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.contract.tables import TOTAL
from clientela.features.history import History
from clientela.features.lines import lines

COHORTS = pa.schema(
    [
        ("cohort", pa.date32()),
        ("month", pa.date32()),
        ("customers", pa.int64()),
        ("active", pa.int64()),
        ("revenue", pa.float64()),
    ]
)
COUNTED = pa.schema(
    [
        ("cohort", pa.date32()),
        ("month", pa.date32()),
        ("active", pa.int64()),
        ("revenue", pa.decimal128(38, 4)),
    ]
)
Cell = tuple[dt.date, dt.date]


def cohorts(history: History) -> pa.Table:
    """Follow the customers of each first month up to the history's last day.

    A customer belongs to the month of the first sale. What came back before it, of purchases that
    the data does not see, belongs to no month.

    Returns
    -------
    pa.Table
        Of :data:`COHORTS`: a row for every cohort and every month from its first to that of
        ``as_of``, in that order; ``customers`` of the cohort, ``active`` of them with an order in
        the month, and their net ``revenue`` of the month, fees apart.
    """
    active: Counter[Cell] = Counter()
    revenue: dict[Cell, Decimal] = {}
    for part in history.each(_count_cells(history.as_of), COUNTED):
        for cohort, month, buyers, amount in zip(
            *(c.to_pylist() for c in part.columns), strict=True
        ):
            active[cohort, month] += buyers
            revenue[cohort, month] = revenue.get((cohort, month), Decimal(0)) + amount
    return pa.Table.from_pylist(list(_rows(active, revenue, history.as_of)), COHORTS)


def _count_cells(as_of: dt.date) -> ir.Table:
    """Count and sum by cohort and month, where anything happened."""
    t = lines()
    day = t.ordered_local.date()
    t = t.filter(t.customer_id.notnull(), day <= ibis.literal(as_of), t.kind != "fee")
    months = t.group_by("customer_id", month=t.ordered_local.truncate("M").cast("date")).aggregate(
        amount=t.amount.sum(), sold=(t.kind == "sale").cast("int64").max()
    )
    first = months.month.min(where=months.sold == 1)
    dated = months.mutate(cohort=first.over(ibis.window(group_by="customer_id")))
    since = dated.filter(dated.month >= dated.cohort)
    return since.group_by("cohort", "month").aggregate(
        active=since.sold.sum().cast("int64"), revenue=since.amount.sum().cast(TOTAL)
    )


def _rows(
    active: Counter[Cell], revenue: dict[Cell, Decimal], as_of: dt.date
) -> Iterator[dict[str, object]]:
    for cohort in sorted({cohort for cohort, _ in active}):
        for month in _months(cohort, as_of):
            yield {
                "cohort": cohort,
                "month": month,
                "customers": active[cohort, cohort],
                "active": active[cohort, month],
                "revenue": float(revenue.get((cohort, month), 0)),
            }


def _months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield dt.date(number // 12, number % 12 + 1, 1)

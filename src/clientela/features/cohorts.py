"""Customers by the month of their first order: how many come back, month after month."""

import datetime as dt
from collections.abc import Callable, Sequence

import pyarrow as pa

from clientela.engine import Engine
from clientela.tables.schema import Tables

COHORTS = pa.schema(
    [
        ("cohort", pa.date32()),
        ("month", pa.date32()),
        ("customers", pa.int64()),
        ("active", pa.int64()),
        ("revenue", pa.float64()),
    ]
)


def cohorts(
    engine: Engine,
    read: Callable[[Sequence[str]], Tables],
    as_of: dt.date,
    groups: Sequence[Sequence[str]],
) -> pa.Table:
    """Follow the customers of each first month up to a day, that day included.

    Parameters
    ----------
    engine : Engine
        What computes.
    read : callable
        Gives the canonical tables of some buckets; all lines of a customer stand in one bucket.
    as_of : datetime.date
        The last local day whose rows count.
    groups : sequence of sequences of str
        Buckets to compute together; one group at a time is in memory.

    Returns
    -------
    pa.Table
        Of :data:`COHORTS`: a row for every cohort and every month from its first to that of
        ``as_of``, in that order; ``customers`` of the cohort, ``active`` of them with an order in
        the month, and their net ``revenue`` of the month.
    """
    raise NotImplementedError

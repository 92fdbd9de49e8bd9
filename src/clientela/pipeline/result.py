"""The result of a stage of a run, and how scores join the customers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.snapshot import KEY


@dataclass(frozen=True)
class Result:
    """What a stage of a run hands on.

    Parameters
    ----------
    tables : dict of str to pa.Table
        Rows for the results database by table; ``customers`` holds ``customer_id`` and the columns
        that the stage adds.
    facts : dict
        Headline figures, ready for JSON.
    model : object
        What later stages apply to other days; None where there is none.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    model: Any = None


def add_columns(
    customers: pa.Table, scores: pa.Table, names: Sequence[str] | None = None
) -> pa.Table:
    """Add scores to customers by their id; customers without a score get nulls.

    Parameters
    ----------
    customers : pa.Table
        One row a customer, with ``customer_id``.
    scores : pa.Table
        At most one row a customer, in any order.
    names : sequence of str, optional
        Columns of ``scores`` to add; all but the id if absent.

    Examples
    --------
    >>> customers = pa.table({"customer_id": ["a", "b"]})
    >>> scores = pa.table({"customer_id": ["b"], "clv": [2.0]})
    >>> add_columns(customers, scores)["clv"].to_pylist()
    [None, 2.0]
    """
    columns = scores.select(names or [name for name in scores.column_names if name != KEY])
    if not scores[KEY].equals(customers[KEY]):  # else no row moves, and no value is held twice
        positions = pc.index_in(customers[KEY], value_set=scores[KEY].combine_chunks())
        columns = columns.combine_chunks().take(positions)
    for name, column in zip(columns.column_names, columns.columns, strict=True):
        customers = customers.append_column(name, column)
    return customers

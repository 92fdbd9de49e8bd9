"""Columns that scores add to the customers of a run."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.snapshot import KEY


def with_columns(customers: pa.Table, scores: pa.Table, names: Sequence[str]) -> pa.Table:
    """Add scores to customers by their id; who has none is left empty.

    Parameters
    ----------
    customers : pa.Table
        One row a customer, with ``customer_id``.
    scores : pa.Table
        At most one row a customer, in any order.
    names : sequence of str
        Columns of ``scores`` to add.

    Examples
    --------
    >>> customers = pa.table({"customer_id": ["a", "b"]})
    >>> scores = pa.table({"customer_id": ["b"], "clv": [2.0]})
    >>> with_columns(customers, scores, ["clv"])["clv"].to_pylist()
    [None, 2.0]
    """
    place = pc.index_in(customers[KEY], value_set=scores[KEY].combine_chunks())
    for name in names:
        customers = customers.append_column(name, scores[name].combine_chunks().take(place))
    return customers

"""How many customers, and how much revenue, went from one segment to another between two runs."""

import pyarrow as pa
import pyarrow.compute as pc

SCHEMA = pa.schema(
    [
        ("from_segment", pa.int64()),
        ("to_segment", pa.int64()),
        ("customers", pa.int64()),
        ("revenue", pa.float64()),
    ]
)


def migrations(previous: pa.Table, current: pa.Table) -> pa.Table:
    """Count the moves between two assignments, those who stay among them.

    Parameters
    ----------
    previous, current : pa.Table
        Columns ``customer_id``, ``segment`` and ``revenue``, one row a customer.

    Returns
    -------
    pa.Table
        ``from_segment`` (null: new), ``to_segment`` (null: gone), ``customers`` and ``revenue``:
        net revenue known now, or last known of those who are gone.

    Examples
    --------
    >>> before = pa.table({"customer_id": ["a", "b"], "segment": [1, 2], "revenue": [10.0, 1.0]})
    >>> now = pa.table({"customer_id": ["b", "c"], "segment": [1, 1], "revenue": [7.0, 5.0]})
    >>> migrations(before, now).to_pylist()[0]
    {'from_segment': 1, 'to_segment': None, 'customers': 1, 'revenue': 10.0}
    """
    joined = _facts(previous, "from").join(
        _facts(current, "to"), "customer_id", join_type="full outer", use_threads=False
    )
    joined = joined.sort_by("customer_id")  # sums of doubles depend on the order of rows
    revenue = pc.coalesce(joined["to_revenue"], joined["from_revenue"])
    moves = joined.append_column("revenue", revenue).group_by(
        ["from_segment", "to_segment"], use_threads=False
    )
    counted = moves.aggregate([("customer_id", "count"), ("revenue", "sum")])
    keys = [("from_segment", "ascending"), ("to_segment", "ascending")]
    return counted.rename_columns(SCHEMA.names).cast(SCHEMA).sort_by(keys)


def _facts(assignment: pa.Table, side: str) -> pa.Table:
    kept = assignment.select(["customer_id", "segment", "revenue"])
    return kept.rename_columns(["customer_id", f"{side}_segment", f"{side}_revenue"])

"""Buckets: the parts of a table that hold whole customers.

A bucket is the first hex digit of the MD5 of the customer id (of the order id where there is no
customer), so that any engine and plain Python give the same one.
"""

import ibis
import ibis.expr.types as ir

BUCKETS: tuple[str, ...] = tuple("0123456789abcdef")


def bucket(t: ir.Table) -> ir.StringValue:
    """Compute the bucket of lines, canonical or on their way there."""
    return bucket_of_id(_owner(t))


def _owner(t: ir.Table) -> ir.StringValue:
    return ibis.coalesce(t.customer_id, t.order_id, t.line_key)


def part_of_bucket(t: ir.Table, parts: int) -> ir.StringValue:
    """Compute which of up to 16 equal parts of its bucket a line stands in: ``"a.0"``, ``"a.1"``.

    All lines of a customer stand in one part, as they do in one bucket.
    """
    digits = _owner(t).hexdigest("md5").left(2)
    position = ibis.literal("".join(BUCKETS)).find(digits.right(1))
    return digits.left(1) + "." + (position * parts // len(BUCKETS)).cast("string")


def bucket_of_id(owner: ir.StringValue) -> ir.StringValue:
    """Compute the bucket of ids, as :func:`clientela.tables.manifest.bucket_of` does."""
    return owner.hexdigest("md5").left(1)


def group_buckets(rows: dict[str, int], limit: float) -> list[tuple[str, ...]]:
    """Split buckets, in order, into runs of at most ``limit`` rows (a larger bucket stands alone).

    Examples
    --------
    >>> group_buckets({"0": 4, "1": 5, "2": 9}, limit=10)
    [('0', '1'), ('2',)]
    """
    groups: list[tuple[str, ...]] = []
    rows_in_group = 0
    for name, count in rows.items():
        if groups and rows_in_group + count <= limit:
            groups[-1] = (*groups[-1], name)
            rows_in_group += count
        else:
            groups.append((name,))
            rows_in_group = count
    return groups

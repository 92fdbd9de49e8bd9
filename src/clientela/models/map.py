"""The customers in two dimensions, for a picture."""

from typing import Literal

import pyarrow as pa

from clientela.scoring.segments import Assignment, SegmentModel

Projection = Literal["pca", "tsne"]
ROWS = 1_500
SCHEMA = pa.schema([("x", pa.float64()), ("y", pa.float64()), ("segment", pa.int64())])


def customer_map(
    snapshot: pa.Table,
    model: SegmentModel,
    assignment: Assignment,
    how: Projection,
    rows: int = ROWS,
    seed: int = 42,
) -> pa.Table:
    """Lay a sample of customers out in a plane, those alike close together; no ids.

    Returns
    -------
    pa.Table
        ``x``, ``y`` and ``segment`` of at most ``rows`` customers, in an order that tells nothing.
    """
    raise NotImplementedError

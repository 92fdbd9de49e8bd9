"""Every feature of the customers: its spread, its ties to the segments, and why it is left out."""

import pyarrow as pa

from clientela.scoring.segments import Assignment, SegmentModel

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("feature", pa.string()),
        ("mean", pa.float64()),
        ("std", pa.float64()),
        ("minimum", pa.float64()),
        ("q05", pa.float64()),
        ("q25", pa.float64()),
        ("median", pa.float64()),
        ("q75", pa.float64()),
        ("q95", pa.float64()),
        ("maximum", pa.float64()),
        ("skewness", pa.float64()),
        ("zero_share", pa.float64()),
        ("missing_share", pa.float64()),
        ("outliers", pa.int64()),
        ("role", pa.string()),
        ("reason_en", pa.string()),
        ("reason_pt_br", pa.string()),
        ("correlations", pa.string()),
        ("information", pa.float64()),
    ]
)


def exploration(
    snapshot: pa.Table,
    model: SegmentModel,
    assignment: Assignment,
    earlier: pa.Table | None = None,
) -> pa.Table:
    """Describe every numeric feature of a snapshot, those of the space first.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all its features.
    model : SegmentModel
        Whose features are the space.
    assignment : Assignment
        The segment of each row.
    earlier : pa.Table, optional
        A snapshot of a day before, whose customers tell which features change too much.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`.
    """
    raise NotImplementedError

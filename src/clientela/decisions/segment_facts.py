"""What the evidence says of each segment: its rule, its silhouette, its outliers."""

import pyarrow as pa

from clientela.decisions.rules_of_segments import SegmentRules
from clientela.scoring.segments import Assignment, SegmentModel

SCHEMA = pa.schema(
    [
        ("segment", pa.int64()),
        ("rule_en", pa.string()),
        ("rule_pt_br", pa.string()),
        ("rule_precision", pa.float64()),
        ("rule_recall", pa.float64()),
        ("silhouette", pa.float64()),
        ("jaccard", pa.float64()),
        ("silhouettes", pa.string()),
        ("outliers", pa.int64()),
    ]
)


def segment_facts(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, rules: SegmentRules
) -> pa.Table:
    """Give the columns that the table of segments has beyond the profiles, a row a segment.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`, in the order of the model's segments.
    """
    raise NotImplementedError

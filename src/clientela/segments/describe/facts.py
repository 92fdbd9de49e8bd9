"""What the evidence says of each segment: its rule, its silhouette, its outliers."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.segments.describe.outliers import flag_outliers
from clientela.segments.describe.segment_rules import SegmentRules
from clientela.segments.fit.cluster_metrics import compute_silhouettes
from clientela.segments.fit.space_sample import draw_rows, place_in_common_space
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

ROWS = 4_000
"""Customers drawn for silhouettes, beyond this many."""

QUANTILES = 40

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


def tabulate_facts(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, rules: SegmentRules
) -> pa.Table:
    """Give the columns that the table of segments has beyond the profiles, a row a segment.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        The segmentation.
    assignment : Assignment
        The segment of each row.
    rules : SegmentRules
        Of :func:`clientela.segments.describe.segment_rules.write_segment_rules`.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`, in the order of the model's segments. ``silhouette`` is the mean, and
        ``silhouettes`` a JSON list of 40 quantiles from lowest to highest, over the members among
        at most 4,000 customers drawn; both null where none is drawn or there is one segment only.
    """
    taken = draw_rows(snapshot, ROWS, model.card.seed)
    segment = assignment.segment[taken]
    each = _silhouettes(place_in_common_space(snapshot, model)[taken], segment)
    far = assignment.segment[flag_outliers(snapshot, model.features or DEFAULT_FEATURES)]
    jaccards = _jaccards(model)
    rows = [
        {
            "segment": one,
            **_rule(rules, one),
            **_spread(each[segment == one]),
            "jaccard": jaccards.get(one),
            "outliers": int((far == one).sum()),
        }
        for one in model.ids
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def _silhouettes(points: Doubles, segment: Labels) -> Doubles:
    found, labels = np.unique(segment, return_inverse=True)
    if len(found) < 2 or not points.shape[1]:
        return np.full(len(segment), np.nan)
    with threadpool_limits(1):
        return compute_silhouettes(points, [labels])[0]


def _spread(members: Doubles) -> dict[str, Any]:
    known = np.sort(members[~np.isnan(members)])
    if not known.size:
        return {"silhouette": None, "silhouettes": None}
    cuts = np.quantile(known, np.linspace(0, 1, QUANTILES))
    listed = [round(float(cut), 4) for cut in cuts]
    return {
        "silhouette": round(float(known.mean()), 6),
        "silhouettes": msgspec.json.encode(listed).decode(),
    }


def _jaccards(model: SegmentModel) -> dict[int, float]:
    found = model.card.scores.get("jaccards") or []
    return dict(zip(model.ids, found, strict=False))


def _rule(rules: SegmentRules, segment: int) -> dict[str, Any]:
    rule = rules.rules[segment]
    return {
        "rule_en": rule.texts["en"],
        "rule_pt_br": rule.texts["pt_BR"],
        "rule_precision": rule.precision,
        "rule_recall": rule.recall,
    }

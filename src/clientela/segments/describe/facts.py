"""Facts of each segment beyond its profile: rule, silhouettes, stability, outliers."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.segments.describe.outliers import flag_outliers
from clientela.segments.describe.segment_rules import RULES
from clientela.segments.fit.cluster_metrics import compute_silhouettes
from clientela.segments.fit.space_sample import draw_rows, place_in_common_space
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

ROWS = 4_000
"""Customers drawn for silhouettes, beyond this many; chosen for their time."""

QUANTILES = 40
"""Quantiles of a segment's silhouettes: as many as a narrow picture shows."""

SCHEMA = pa.schema(
    [
        *RULES,
        ("silhouette", pa.float64()),
        ("jaccard", pa.float64()),
        ("silhouettes", pa.string()),
        ("outliers", pa.int64()),
    ]
)


def tabulate_facts(
    snapshot: pa.Table, model: SegmentModel, segment: Labels, rules: pa.Table
) -> pa.Table:
    """Return the columns that the table of segments has beyond the profiles, a row a segment.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        The segmentation.
    segment : array of int
        The segment of each row.
    rules : pa.Table
        Of :func:`clientela.segments.describe.segment_rules.write_segment_rules`.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`, in the order of the model's segments. ``silhouette`` is the mean, and
        ``silhouettes`` a JSON list of 40 quantiles from lowest to highest, over the members among
        at most 4,000 customers drawn; both null where none is drawn or there is one segment only.
    """
    rows = draw_rows(snapshot, ROWS, model.card.seed)
    sampled = segment[rows]
    silhouettes = _measure_silhouettes(place_in_common_space(snapshot, model)[rows], sampled)
    outlying = segment[flag_outliers(snapshot, model.features or DEFAULT_FEATURES)]
    jaccards = dict(zip(model.ids, model.card.scores.get("jaccards") or [], strict=False))
    facts = [
        rule
        | _summarise(silhouettes[sampled == rule["segment"]])
        | {
            "jaccard": jaccards.get(rule["segment"]),
            "outliers": int((outlying == rule["segment"]).sum()),
        }
        for rule in rules.to_pylist()
    ]
    return pa.Table.from_pylist(facts, SCHEMA)


def _measure_silhouettes(points: Doubles, segment: Labels) -> Doubles:
    ids, labels = np.unique(segment, return_inverse=True)
    if len(ids) < 2 or not points.shape[1]:
        return np.full(len(segment), np.nan)
    with threadpool_limits(1):
        return compute_silhouettes(points, [labels])[0]


def _summarise(silhouettes: Doubles) -> dict[str, Any]:
    ascending = np.sort(silhouettes[~np.isnan(silhouettes)])
    if not ascending.size:
        return {"silhouette": None, "silhouettes": None}
    cuts = np.quantile(ascending, np.linspace(0, 1, QUANTILES))
    return {
        "silhouette": round(float(ascending.mean()), 6),
        "silhouettes": msgspec.json.encode([round(float(cut), 4) for cut in cuts]).decode(),
    }

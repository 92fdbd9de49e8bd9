"""What a run shows of its customers and segments beyond the profiles: features, map, cohorts."""

from typing import Any

import pyarrow as pa

from clientela.features.cohorts import cohorts
from clientela.pipeline.run_context import FORESIGHT_DAYS, Ground
from clientela.segments.describe.customer_map import draw_customer_map
from clientela.segments.describe.exploration import explore_features
from clientela.segments.describe.outliers import make_refit, measure_outlier_effect
from clientela.segments.score.model import Assignment, SegmentModel


def explored(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, ground: Ground
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Describe features, draw customers in two dimensions and follow cohorts.

    Returns
    -------
    dict, dict
        Tables of the store, and what outliers do to the segments.
    """
    history, settings = ground.history, ground.settings
    past = history.dates(FORESIGHT_DAYS, FORESIGHT_DAYS, FORESIGHT_DAYS)[:1]
    earlier = history.snapshot(past[0]) if past else None
    tables = {
        "exploration": explore_features(snapshot, model, assignment, earlier),
        "customer_map": draw_customer_map(
            snapshot, model, assignment, settings.picture, seed=settings.seed
        ),
        "cohorts": cohorts(history),
    }
    effect = measure_outlier_effect(snapshot, model, assignment, make_refit(model, settings))
    return tables, effect

"""What a churn model is worth on a date that it has not seen."""

import pyarrow as pa

from clientela.config.churn import Churn
from clientela.models.churn.labelled import Labelled
from clientela.models.churn.learning import LearntChurn


def judge(learnt: LearntChurn, test: Labelled, settings: Churn) -> dict[str, pa.Table]:
    """Measure every candidate on a later snapshot, once.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics``, ``model_curves`` and ``churn_contacts`` of that date.
    """
    raise NotImplementedError

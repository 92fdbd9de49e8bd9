"""Customers far from the rest, and what they do to the segments."""

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from clientela.decisions.profile import Members
from clientela.models.spaces import DEFAULT_FEATURES
from clientela.scoring.segments import Assignment, SegmentModel


def outlying(snapshot: pa.Table, features: Sequence[str] = DEFAULT_FEATURES) -> Members:
    """Flag customers beyond 2.5 interquartile ranges from the quartiles of at least one feature.

    Only amounts and counts are looked at: nobody is an outlier for the days they have been away.
    """
    raise NotImplementedError


def outlier_effect(
    snapshot: pa.Table,
    model: SegmentModel,
    assignment: Assignment,
    refit: Callable[[pa.Table], SegmentModel],
) -> dict[str, Any]:
    """Fit again without the outliers, and compare the segments of all others.

    Parameters
    ----------
    refit : callable
        Fits a snapshot with the settings of ``model``; called once.

    Returns
    -------
    dict
        JSON-able: ``customers``, ``customers_share``, ``revenue_share`` (of the outliers),
        ``segments``, ``segments_without``, ``ari`` (of the others; null where nobody is left),
        ``sentence_en``, ``sentence_pt_br``.
    """
    raise NotImplementedError

"""Segments of a few rows without Arrow: the numbers of the batch, in a fraction of the time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clientela.segments.score.model import Assignment, SegmentModel
from clientela.segments.score.transform import compute_axes
from clientela.statistics.arrays import Doubles


def assign_rows(model: SegmentModel, customers: Sequence[Sequence[Any]]) -> Assignment:
    """Assign customers as :meth:`SegmentModel.assign` does.

    Parameters
    ----------
    model : SegmentModel
        The model that assigns.
    customers : sequence of sequences
        Of each the values of ``model.features`` in their order, None where unknown.
    """
    columns = [_to_doubles(column) for column in zip(*customers, strict=True)]
    axes = compute_axes(model.transforms, model.projection, columns, len(customers))
    return model.assign_coordinates(axes, len(customers))


def _to_doubles(values: Sequence[Any]) -> Doubles:
    """Return values as doubles, NaN where one is unknown or infinite."""
    numbers = np.array(values, dtype=np.float64)
    numbers[np.isinf(numbers)] = np.nan
    return numbers

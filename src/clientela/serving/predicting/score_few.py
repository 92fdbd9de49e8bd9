"""Few customers scored without tables: the same numbers, in a fraction of the time.

An Arrow column of one value costs as much as one of a thousand, and a model reads dozens of them.
The arithmetic is that of the batch, on arrays of as many rows.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from clientela.churn.score.encoding import OTHER, Encoding
from clientela.churn.score.model import BANDS, ChurnModel
from clientela.churn.score.top_contributions import LEAST, MOST, rounded
from clientela.segments.score.axes import axes_of
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.statistics.arrays import Doubles

Values = Sequence[Sequence[Any]]


class Told(NamedTuple):
    """What a churn model says of one customer; reasons are (feature, value, effect)."""

    probability: float
    band: str
    reasons: list[tuple[str, str, float]]


def churn_of(model: ChurnModel, customers: Values) -> list[Told]:
    """Score customers as :meth:`ChurnModel.score` does.

    Parameters
    ----------
    model : ChurnModel
        What scores.
    customers : sequence of sequences
        Of each the values of ``model.features`` in their order, None where unknown.
    """
    matrix = np.empty((len(customers), len(model.features)))
    for row, values in zip(matrix, customers, strict=True):
        _code(row, model.encoding, values)
    found = model.judged(matrix)
    return [
        Told(float(probability), BANDS[band], _weightiest(model.encoding, values, effects))
        for probability, band, values, effects in zip(
            found.probability, found.band, customers, found.effects, strict=True
        )
    ]


def segments_of(model: SegmentModel, customers: Values) -> Assignment:
    """Place customers as :meth:`SegmentModel.assign` does.

    Parameters
    ----------
    model : SegmentModel
        What places.
    customers : sequence of sequences
        Of each the values of ``model.features`` in their order, None where unknown.
    """
    columns = [_numbers(each) for each in zip(*customers, strict=True)]
    axes = axes_of(model.transforms, model.projection, columns, len(customers))
    return model.placed(axes, len(customers))


def _code(row: Doubles, encoding: Encoding, values: Sequence[Any]) -> None:
    width = len(encoding.numbers)
    row[:width] = _numbers(values[:width])
    for place, known in enumerate(encoding.categories, start=width):
        row[place] = known.index(values[place]) + 1 if values[place] in known else OTHER


def _numbers(values: Sequence[Any]) -> Doubles:
    """Give values as doubles, NaN where one is unknown or infinite."""
    found = np.array(values, dtype=np.float64)
    found[np.isinf(found)] = np.nan
    return found


def _weightiest(
    encoding: Encoding, values: Sequence[Any], effects: Doubles
) -> list[tuple[str, str, float]]:
    """Give the strongest effects as ``weightiest`` does, the first of equals first."""
    order = np.argsort(-np.abs(effects), kind="stable")[:MOST]
    chosen = [int(place) for place in order if abs(effects[place]) >= LEAST]
    texts = _texts(encoding, values, chosen)
    return [
        (encoding.features[place].name, text, float(effects[place]))
        for place, text in zip(chosen, texts, strict=True)
    ]


def _texts(encoding: Encoding, values: Sequence[Any], places: Sequence[int]) -> list[str]:
    """Write numbers in three digits, and texts as they are."""
    width = len(encoding.numbers)
    numbers = rounded(_numbers([values[place] if place < width else None for place in places]))
    texts = ["" if math.isnan(number) else format(number, ".12g") for number in numbers.tolist()]
    return [
        text if place < width else values[place] or ""
        for place, text in zip(places, texts, strict=True)
    ]

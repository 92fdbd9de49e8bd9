"""Few customers scored without tables: the same numbers, in a fraction of the time.

An Arrow column of one value costs as much as one of a thousand, and a model reads dozens of them.
The arithmetic is that of the batch, on arrays of as many rows.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from clientela.scoring.axes import axes_of
from clientela.scoring.churn import BANDS, ChurnModel
from clientela.scoring.columns import Doubles
from clientela.scoring.encoding import OTHER, Encoding
from clientela.scoring.segments import Assignment, SegmentModel
from clientela.scoring.weightiest import LEAST, MOST, rounded

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
    matrix = np.array([_coded(model.encoding, values) for values in customers], dtype=np.float64)
    found = model.judged(matrix.reshape(len(customers), len(model.features)))
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
    columns = [
        np.array([_number(value) for value in each]) for each in zip(*customers, strict=True)
    ]
    axes = axes_of(model.transforms, model.projection, columns, len(customers))
    return model.placed(axes, len(customers))


def _coded(encoding: Encoding, values: Sequence[Any]) -> list[float]:
    width = len(encoding.numbers)
    numbers = [_number(value) for value in values[:width]]
    return numbers + [
        known.index(value) + 1 if value in known else OTHER
        for known, value in zip(encoding.categories, values[width:], strict=True)
    ]


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    number = float(value)
    return number if math.isfinite(number) else math.nan


def _weightiest(
    encoding: Encoding, values: Sequence[Any], effects: Doubles
) -> list[tuple[str, str, float]]:
    """Give the strongest effects as ``weightiest`` does, the first of equals first."""
    told = effects.tolist()
    order = sorted(range(len(told)), key=lambda place: -abs(told[place]))[:MOST]
    chosen = [place for place in order if abs(told[place]) >= LEAST]
    return [
        (encoding.features[place].name, _text(encoding, values, place), told[place])
        for place in chosen
    ]


def _text(encoding: Encoding, values: Sequence[Any], place: int) -> str:
    value = values[place]
    if place >= len(encoding.numbers):
        return "" if value is None else str(value)
    number = _number(value)
    return "" if math.isnan(number) else format(float(rounded(np.array([number]))[0]), ".12g")

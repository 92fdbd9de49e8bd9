"""Churn scores of a few rows without Arrow: the numbers of the batch, in a fraction of the time.

An Arrow column of one value costs as much as one of a thousand, and a model reads dozens of them.
The arithmetic is that of the batch, on arrays of as many rows.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clientela.churn.score.encoding import OTHER, Encoding
from clientela.churn.score.model import ChurnModel, Judged
from clientela.churn.score.reasons import Reason
from clientela.churn.score.top_contributions import LEAST, MOST, rounded
from clientela.statistics.arrays import Doubles


def score_rows(
    model: ChurnModel, customers: Sequence[Sequence[Any]]
) -> tuple[Judged, list[list[Reason]]]:
    """Score customers as :meth:`ChurnModel.score` does.

    Parameters
    ----------
    model : ChurnModel
        The model that scores.
    customers : sequence of sequences
        Of each the values of ``model.features`` in their order, None where unknown.

    Returns
    -------
    tuple of Judged and list
        Probabilities, bands and effects, and of each customer the reasons, the strongest first.
    """
    matrix = np.empty((len(customers), len(model.features)))
    for row, values in zip(matrix, customers, strict=True):
        _encode(row, model.encoding, values)
    scores = model.judged(matrix)
    pairs = zip(customers, scores.effects, strict=True)
    return scores, [_top_reasons(model.encoding, values, effects) for values, effects in pairs]


def _encode(row: Doubles, encoding: Encoding, values: Sequence[Any]) -> None:
    width = len(encoding.numbers)
    row[:width] = _to_doubles(values[:width])
    for column, categories in enumerate(encoding.categories, start=width):
        value = values[column]
        row[column] = categories.index(value) + 1 if value in categories else OTHER


def _to_doubles(values: Sequence[Any]) -> Doubles:
    """Return values as doubles, NaN where one is unknown or infinite."""
    numbers = np.array(values, dtype=np.float64)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _top_reasons(encoding: Encoding, values: Sequence[Any], effects: Doubles) -> list[Reason]:
    """Return the strongest effects of a customer, the first of equals first."""
    order = np.argsort(-np.abs(effects), kind="stable")[:MOST]
    columns = [int(column) for column in order if abs(effects[column]) >= LEAST]
    texts = _value_texts(encoding, values, columns)
    return [
        Reason(encoding.features[column].name, text, float(effects[column]))
        for column, text in zip(columns, texts, strict=True)
    ]


def _value_texts(encoding: Encoding, values: Sequence[Any], columns: Sequence[int]) -> list[str]:
    """Write numbers in three digits, and texts as they are."""
    width = len(encoding.numbers)
    numbers = rounded(
        _to_doubles([values[column] if column < width else None for column in columns])
    )
    texts = ["" if math.isnan(number) else format(number, ".12g") for number in numbers.tolist()]
    return [
        text if column < width else values[column] or ""
        for column, text in zip(columns, texts, strict=True)
    ]

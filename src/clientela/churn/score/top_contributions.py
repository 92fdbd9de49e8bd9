"""The features that weigh most for each customer, with the values they had."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.churn.score.encoding import Encoding
from clientela.statistics.arrays import Doubles

MOST = 3
LEAST = 0.05  # log-odds that nobody would notice
REASON = pa.struct([("feature", pa.string()), ("value", pa.string()), ("effect", pa.float64())])

_Positions = npt.NDArray[np.intp]


def weightiest(
    encoding: Encoding, customers: pa.Table, matrix: Doubles, effects: Doubles
) -> pa.Array:
    """Give each customer's strongest effects, at most three, the strongest first.

    Parameters
    ----------
    encoding : Encoding
        What made the matrix.
    customers : pa.Table
        Where the texts stand.
    matrix, effects : arrays of shape (customers, features)
        Values and their log-odds.

    Returns
    -------
    pa.Array
        Of lists of :data:`REASON`; a value is the number in three digits, or the text, and empty
        where it is unknown.
    """
    rows = len(effects)
    top = _strongest(effects, min(MOST, effects.shape[1]))
    chosen = np.take_along_axis(effects, top, axis=1)
    counts = (np.abs(chosen) >= LEAST).sum(axis=1)
    kept = (np.arange(top.shape[1]) < counts[:, None]).ravel()
    row = np.repeat(np.arange(rows), top.shape[1])[kept]
    column = top.ravel()[kept]
    names = pa.array([feature.name for feature in encoding.features], pa.string())
    reasons = pa.StructArray.from_arrays(
        [
            names.take(pa.array(column)),
            _values(encoding, customers, matrix, row, column),
            pa.array(chosen.ravel()[kept]),
        ],
        fields=list(REASON),
    )
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), reasons)


def _strongest(effects: Doubles, most: int) -> _Positions:
    """Take the largest one after another, the first of equal ones first: cheaper than sorting."""
    size = np.abs(effects)
    found = np.empty((len(effects), most), dtype=np.intp)
    rows = np.arange(len(effects))
    for position in range(most):
        found[:, position] = size.argmax(axis=1)
        size[rows, found[:, position]] = -1.0
    return found


def _values(
    encoding: Encoding, customers: pa.Table, matrix: Doubles, row: _Positions, column: _Positions
) -> pa.Array:
    numbers = len(encoding.numbers)
    order = np.argsort(column, kind="stable")
    features, starts = np.unique(column[order], return_index=True)
    parts = [pa.array([], pa.string())]
    for feature, (start, end) in zip(features, pairwise([*starts, len(order)]), strict=True):
        where = row[order[start:end]]
        if feature < numbers:
            parts.append(_written(matrix[where, feature]))
        else:
            text = customers.column(encoding.features[feature].name).cast(pa.string())
            parts.append(text.take(pa.array(where)).combine_chunks().fill_null(""))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _written(values: Doubles) -> pa.Array:
    """Write numbers in three digits; each different one once."""
    different, inverse = np.unique(rounded(values), return_inverse=True)
    texts = ["" if np.isnan(value) else format(value, ".12g") for value in different]
    return pa.array(texts, pa.string()).take(pa.array(inverse))


def rounded(values: Doubles) -> Doubles:
    """Round numbers to three digits.

    Examples
    --------
    >>> rounded(np.array([1234.0, 0.56789])).tolist()
    [1230.0, 0.568]
    """
    known = np.where(np.isfinite(values) & (values != 0.0), np.abs(values), 1.0)
    unit = 10.0 ** (np.floor(np.log10(known)) - 2.0)
    rounded: Doubles = np.rint(values / unit) * unit + 0.0
    return rounded

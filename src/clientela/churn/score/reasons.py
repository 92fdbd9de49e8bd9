"""Reasons of a churn score: the top contributions, and their words."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.score.encoding import Encoding
from clientela.churn.score.themes import SILENCE, USUAL_GAP, group_effects
from clientela.contract.features import FEATURES
from clientela.i18n import Lang, format_amount, format_number, format_share, load_catalogue, t
from clientela.statistics.arrays import Doubles

BETWEEN = " \N{MIDDLE DOT} "
# Units that follow the number; what is counted stands in the feature's name.
NAMED = ("days", "years")
_UNITS = {feature.name: feature.unit for feature in FEATURES}


class FeatureEffect(NamedTuple):
    """What speaks for a theme: a feature, its value as text, and the theme's effect in log-odds.

    ``usual`` is the usual gap in days where the customer is silent for longer; else empty.
    """

    feature: str
    value: str
    effect: float
    usual: str = ""


def write_reason(reason: FeatureEffect, lang: Lang, currency: str | None = None) -> str:
    """Write one reason as a sentence that is true of the customer.

    Examples
    --------
    >>> write_reason(FeatureEffect("days_since_last", "80", 0.9, "35"), "en")
    'usually buys every 35 days; last bought 80 days ago'
    >>> write_reason(FeatureEffect("orders", "1", 0.4), "en")
    'ordered only once'
    >>> write_reason(FeatureEffect("gap_days_max", "12.5", 0.4), "pt_BR")
    'já ficou 12,5 dias sem comprar'
    """
    value = _write_value(reason.feature, reason.value, lang, currency)
    # Where the value is unknown, only a text for that is true.
    form = "usual" if reason.usual else {"": "unknown", "0": "none", "1": "one"}.get(reason.value)
    texts, stem = load_catalogue(lang), f"churn.reason.{reason.feature}"
    keys = (f"{stem}.{form}", stem) if reason.value else (f"{stem}.{form}",)
    key = next((key for key in keys if key in texts), "")
    usual = _write_value(reason.feature, reason.usual, lang, currency)
    feature = label_feature(reason.feature, lang)
    return t(key or "churn.reason.plain", lang, feature=feature, value=value, usual=usual)


def write_reasons(
    reasons: pa.ChunkedArray | pa.Array, lang: Lang, currency: str | None = None
) -> pa.Array:
    """Write reasons in words, one text a customer, null where there are none.

    Each different reason is written once, however many customers share it.

    Parameters
    ----------
    reasons : pa.ChunkedArray or pa.Array
        The column ``churn_reasons`` of a score.
    lang : {"en", "pt_BR"}
        The reader's language.
    currency : str, optional
        Currency of amounts; without it they are written as numbers.
    """
    lists = reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons
    flat = lists.flatten()
    parts = (flat.field(name) for name in ("feature", "usual", "value"))
    keys = pc.binary_join_element_wise(*parts, "\x1f")
    coded = keys.dictionary_encode()
    written = [_write_key(key, lang, currency) for key in coded.dictionary.to_pylist()]
    texts = pa.array(written, pa.string()).take(coded.indices)
    counts = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int32)
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), BETWEEN)
    return pc.if_else(pa.array(counts > 0), joined, pa.scalar(None, pa.string()))


def label_feature(feature: str, lang: Lang) -> str:
    """Name a feature as people do; an attribute of the firm's own keeps its name."""
    return load_catalogue(lang).get(f"feature.{feature}.label", feature)


def _write_key(key: str, lang: Lang, currency: str | None) -> str:
    feature, usual, value = key.split("\x1f", 2)
    return write_reason(FeatureEffect(feature, value, 1.0, usual), lang, currency)


def _write_value(feature: str, value: str, lang: Lang, currency: str | None) -> str:
    if value == "":
        return t("churn.reason.unknown", lang)
    try:
        amount = float(value)
    except ValueError:
        return value
    return (
        _write_number(amount, _UNITS.get(feature, ""), lang, currency)
        if math.isfinite(amount)
        else value
    )


def _write_number(amount: float, unit: str, lang: Lang, currency: str | None) -> str:
    if unit == "share":
        return format_share(amount, lang)
    if unit == "amount":
        return format_amount(amount, lang, currency)
    decimals = 0 if amount == int(amount) else 1 if abs(amount) >= 10.0 else 2
    text = format_number(amount, lang, decimals)
    if unit not in NAMED:
        return text
    return t(f"churn.unit.{unit}.{'one' if amount == 1.0 else 'other'}", lang, number=text)


# Reasons of a score, by convention: as many as a reader of a list takes in.
MOST_REASONS = 3
LEAST_EFFECT = 0.05  # log-odds that nobody would notice
REASON = pa.struct(
    [
        ("feature", pa.string()),
        ("value", pa.string()),
        ("effect", pa.float64()),
        ("usual", pa.string()),
    ]
)

_Positions = npt.NDArray[np.intp]


def top_contributions(
    encoding: Encoding, customers: pa.Table, matrix: Doubles, effects: Doubles
) -> pa.Array:
    """Return the themes that raise each customer's risk, at most three, the strongest first.

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
    column, strength = rank_themes(encoding, matrix, effects)
    is_strong = (strength >= LEAST_EFFECT).ravel()
    row = np.repeat(np.arange(len(effects)), column.shape[1])[is_strong]
    column = column.ravel()[is_strong]
    names = pa.array(encoding.names, pa.string())
    reasons = pa.StructArray.from_arrays(
        [
            names.take(pa.array(column)),
            _write_values(encoding, customers, matrix, row, column),
            pa.array(strength.ravel()[is_strong]),
            _write_numbers(find_usual_gaps(encoding, matrix[row], column)),
        ],
        fields=list(REASON),
    )
    offsets = np.zeros(len(effects) + 1, dtype=np.int32)
    np.cumsum((strength >= LEAST_EFFECT).sum(axis=1), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), reasons)


def rank_themes(
    encoding: Encoding, matrix: Doubles, effects: Doubles
) -> tuple[_Positions, Doubles]:
    """Return the columns that speak for the strongest themes, and these themes' effects.

    Both have a row a customer and at most three columns, the strongest first.
    """
    sums, speakers = group_effects(encoding.names, matrix, effects)
    order = np.argsort(-sums, axis=1, kind="stable")[:, :MOST_REASONS]
    rows = np.arange(len(order))[:, np.newaxis]
    return speakers[rows, order], sums[rows, order]


def find_usual_gaps(encoding: Encoding, matrix: Doubles, columns: _Positions) -> Doubles:
    """Return the usual gap of those silent for longer where the silence speaks; else NaN."""
    names = encoding.names[: len(encoding.numbers)]
    usual = np.full(len(columns), np.nan)
    if SILENCE not in names or USUAL_GAP not in names:
        return usual
    spoken = np.flatnonzero(columns == names.index(SILENCE))
    silence, gap = (matrix[spoken, names.index(name)] for name in (SILENCE, USUAL_GAP))
    late = (gap >= 1.0) & (silence > gap)
    usual[spoken[late]] = np.rint(gap[late])
    return usual


def _write_values(
    encoding: Encoding, customers: pa.Table, matrix: Doubles, row: _Positions, column: _Positions
) -> pa.Array:
    numbers = len(encoding.numbers)
    order = np.argsort(column, kind="stable")
    features, starts = np.unique(column[order], return_index=True)
    parts = [pa.array([], pa.string())]
    for feature, (start, end) in zip(features, pairwise([*starts, len(order)]), strict=True):
        where = row[order[start:end]]
        if feature < numbers:
            parts.append(_write_numbers(matrix[where, feature]))
        else:
            text = customers.column(encoding.features[feature].name).cast(pa.string())
            parts.append(text.take(pa.array(where)).combine_chunks().fill_null(""))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return pa.concat_arrays(parts).take(pa.array(back))


def _write_numbers(values: Doubles) -> pa.Array:
    """Write numbers in three digits; each different one once."""
    different, inverse = np.unique(round_values(values), return_inverse=True)
    texts = ["" if np.isnan(value) else format(value, ".12g") for value in different]
    return pa.array(texts, pa.string()).take(pa.array(inverse))


def round_values(values: Doubles) -> Doubles:
    """Round numbers to three digits.

    Examples
    --------
    >>> round_values(np.array([1234.0, 0.56789])).tolist()
    [1230.0, 0.568]
    """
    sizes = np.where(np.isfinite(values) & (values != 0.0), np.abs(values), 1.0)
    unit = 10.0 ** (np.floor(np.log10(sizes)) - 2.0)
    rounded: Doubles = np.rint(values / unit) * unit + 0.0
    return rounded

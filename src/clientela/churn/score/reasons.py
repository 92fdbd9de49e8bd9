"""Why a customer is thought to leave or to stay, in words."""

import math
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURE_COLUMNS
from clientela.i18n import Lang, format_amount, format_number, format_share, load_catalogue, t

BETWEEN = "; "
NAMED = ("days", "years")
"""Units that follow the number; what is counted stands in the feature's name."""


class Reason(NamedTuple):
    """A feature, its value as text, and its effect in log-odds against the average."""

    feature: str
    value: str
    effect: float


def sentence(reason: Reason, lang: Lang, currency: str | None = None) -> str:
    """Say one reason in words.

    Examples
    --------
    >>> sentence(Reason("orders", "14", -0.4), "en")
    'Orders: 14 (lowers the risk)'
    >>> sentence(Reason("gap_days_mean", "12.5", -0.4), "pt_BR")
    'Intervalo habitual: 12,5 dias (reduz o risco)'
    """
    feature = label(reason.feature, lang)
    value = _value(reason.feature, reason.value, lang, currency)
    if reason.effect > 0.0:
        return t("churn.reason.raises", lang, feature=feature, value=value)
    return t("churn.reason.lowers", lang, feature=feature, value=value)


def sentences(
    reasons: pa.ChunkedArray | pa.Array, lang: Lang, currency: str | None = None
) -> pa.Array:
    """Say every customer's reasons in words, one text a customer, null where there are none.

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
    whole = reasons.combine_chunks() if isinstance(reasons, pa.ChunkedArray) else reasons
    flat = whole.flatten()
    features, values = flat.field("feature"), flat.field("value")
    signs = pc.if_else(pc.greater(flat.field("effect"), 0.0), "+", "-")
    keys = pc.binary_join_element_wise(signs, features, values, "\x1f")
    coded = keys.dictionary_encode()
    written = [_of_key(key, lang, currency) for key in coded.dictionary.to_pylist()]
    texts = pa.array(written, pa.string()).take(coded.indices)
    counts = pc.fill_null(pc.list_value_length(whole), 0).to_numpy().astype(np.int32)
    offsets = np.zeros(len(whole) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), texts), BETWEEN)
    return pc.if_else(pa.array(counts > 0), joined, pa.scalar(None, pa.string()))


def label(feature: str, lang: Lang) -> str:
    """Name a feature as people do; an attribute of the firm's own keeps its name."""
    return load_catalogue(lang).get(f"feature.{feature}.label", feature)


def _of_key(key: str, lang: Lang, currency: str | None) -> str:
    sign, feature, value = key.split("\x1f", 2)
    return sentence(Reason(feature, value, 1.0 if sign == "+" else -1.0), lang, currency)


def _value(feature: str, value: str, lang: Lang, currency: str | None) -> str:
    if value == "":
        return t("churn.reason.unknown", lang)
    try:
        amount = float(value)
    except ValueError:
        return value
    return _number(amount, _unit(feature), lang, currency) if math.isfinite(amount) else value


def _number(amount: float, unit: str, lang: Lang, currency: str | None) -> str:
    if unit == "share":
        return format_share(amount, lang)
    if unit == "amount":
        return format_amount(amount, lang, currency)
    decimals = 0 if amount == int(amount) else 1 if abs(amount) >= 10.0 else 2
    text = format_number(amount, lang, decimals)
    if unit not in NAMED:
        return text
    return t(f"churn.unit.{unit}.{'one' if amount == 1.0 else 'other'}", lang, number=text)


def _unit(feature: str) -> str:
    return next((one.unit for one in FEATURE_COLUMNS if one.name == feature), "")

"""Why a customer is thought to leave or to stay, in words."""

from typing import NamedTuple

import pyarrow as pa

from clientela.i18n import Lang


class Reason(NamedTuple):
    """A feature, its value as text, and its effect in log-odds against the average."""

    feature: str
    value: str
    effect: float


def sentence(reason: Reason, lang: Lang, currency: str | None = None) -> str:
    """Say one reason in words."""
    raise NotImplementedError


def sentences(reasons: pa.ChunkedArray, lang: Lang, currency: str | None = None) -> pa.Array:
    """Say every customer's reasons in words, one text a customer, null where there are none.

    Parameters
    ----------
    reasons : pa.ChunkedArray or pa.Array
        The column ``churn_reasons`` of a score.
    lang : {"en", "pt_BR"}
        The reader's language.
    currency : str, optional
        Currency of amounts; without it they are written as numbers.
    """
    raise NotImplementedError

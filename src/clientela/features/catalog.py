"""The catalogue: every feature of the snapshot, in the order of its columns."""

from clientela.features import (
    attributes,
    basket,
    cadence,
    calendar,
    mix,
    returns,
    rfm,
    trend,
    value,
    variety,
)
from clientela.features.feature import Feature

FEATURES: tuple[Feature, ...] = (
    *rfm.FEATURES,
    *cadence.FEATURES,
    *value.FEATURES,
    *basket.FEATURES,
    *variety.FEATURES,
    *returns.FEATURES,
    *trend.FEATURES,
    *calendar.FEATURES,
    *mix.FEATURES,
    *attributes.FEATURES,
)


def feature(name: str) -> Feature:
    """Find a feature by its name.

    Raises
    ------
    KeyError
        There is no such feature.

    Examples
    --------
    >>> feature("revenue").unit
    'amount'
    """
    return {feature.name: feature for feature in FEATURES}[name]

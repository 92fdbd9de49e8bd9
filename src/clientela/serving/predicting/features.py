"""Posted and stored values as rows of features, each of its type, or the reason why not."""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clientela.contract.features import FEATURE_COLUMNS
from clientela.registry.card import FeatureType
from clientela.serving.predicting.request import Wrong

CATALOGUE = frozenset(each.name for each in FEATURE_COLUMNS)
MOST = 1e18
"""Beyond any amount or measure; a number past it is a fault of whoever sent it."""
TRUTH = {"true": True, "false": False}


def posted(given: Mapping[str, Any], features: Sequence[FeatureType]) -> list[Any]:
    """Check posted features and give them in the model's order; null is an unknown value.

    Raises
    ------
    Wrong
        A feature is missing, infinite, NaN or of another type.
    """
    missing = [each.name for each in features if each.name not in given]
    if missing:
        raise Wrong(
            "missing_feature",
            f"the model reads {len(missing)} features that are not there: {', '.join(missing)}",
            "features",
            "send each of them; null where it is not known",
        )
    values = [given[each.name] for each in features]
    for place, (value, each) in enumerate(zip(values, features, strict=True)):
        if value is not None and not _plain(value, each.dtype):
            values[place] = _checked(each, value, "features")
    return values


def attributed(given: Mapping[str, Any], features: Sequence[FeatureType], where: str) -> list[Any]:
    """Give attributes, which the catalogue does not know, in the model's order; texts are read.

    Raises
    ------
    Wrong
        An attribute is of another type.
    """
    return [_checked(each, _read(each, given.get(each.name)), where) for each in features]


def stored(row: Mapping[str, Any], features: Sequence[FeatureType]) -> list[Any]:
    """Give the features of a published customer in the model's order.

    Raises
    ------
    Wrong
        An attribute is of another type than the model reads, or the run does not hold it.
    """
    attributes = row.get("attributes") or {}
    ours = [each for each in features if each.name not in CATALOGUE]
    missing = [each.name for each in ours if each.name not in attributes]
    if missing:
        raise Wrong(
            "missing_feature",
            f"the published run does not hold the attributes {', '.join(missing)}",
            "id",
            "send the features, or the transactions with customer.attributes",
        )
    values = {each.name: attributed(attributes, [each], "attributes")[0] for each in ours}
    return [values[each.name] if each.name in values else row[each.name] for each in features]


def _plain(value: Any, dtype: str) -> bool:
    """Tell at a glance most values that need no closer look."""
    kind = type(value)
    if kind is float:
        return dtype == "double" and -MOST <= value <= MOST
    if kind is int:
        return dtype == "int64" and -MOST <= value <= MOST
    return kind is str and dtype == "string"


def _checked(feature: FeatureType, value: Any, where: str) -> Any:
    if value is None:
        return None
    check = CHECKS.get(feature.dtype)
    return value if check is None else check(value, f"{where}.{feature.name}")


def _real(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _of_type(value, where, "a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Wrong("not_finite", f"{value} is no finite number", where, "send null if unknown")
    if abs(found) > MOST:
        raise Wrong("not_finite", f"{value} is beyond all bounds", where, "send null if unknown")
    return found


def _whole(value: Any, where: str) -> int:
    found = _real(value, where)
    if not found.is_integer():
        raise _of_type(value, where, "a whole number")
    return int(value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _of_type(value, where, "a text")
    return value


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _of_type(value, where, "true or false")
    return value


def _day(value: Any, where: str) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _of_type(value, where, "a day such as 2011-12-09") from None


CHECKS: Mapping[str, Callable[[Any, str], Any]] = {
    "double": _real,
    "int64": _whole,
    "string": _text,
    "bool": _truth,
    "date32[day]": _day,
}


def _read(feature: FeatureType, value: Any) -> Any:
    """Read the text of a number, or write the number of a text, as the customers file held it."""
    if feature.dtype == "string" and isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or feature.dtype == "string":
        return value
    if feature.dtype == "bool":
        return TRUTH.get(value.strip().lower(), value)
    try:
        return float(value) if value.strip() else None
    except ValueError:
        return value


def _of_type(value: Any, where: str, wanted: str) -> Wrong:
    shown = repr(value) if isinstance(value, str | int | float) else type(value).__name__
    return Wrong("wrong_type", f"{shown[:80]} is not {wanted}", where)

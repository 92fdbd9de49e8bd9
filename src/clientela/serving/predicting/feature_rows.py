"""Rows of the features that a model reads, of posted and stored values, and why there is none."""

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from clientela.contract.features import FEATURES
from clientela.registry.card import FeatureType
from clientela.serving.predicting.loading import Champion
from clientela.serving.predicting.request import ItemRejected, PredictionRequest
from clientela.serving.predicting.schemas import ItemError, PredictionItem
from clientela.serving.predicting.transactions import (
    build_snapshots,
    check_transactions,
    find_last_day,
)
from clientela.store.read import Row

CUSTOMER = "customer.attributes"
CATALOGUE = frozenset(column.name for column in FEATURES)
# Beyond any amount or measure; a number past it is a fault of its sender
MOST = 1e18
NULL = "send null if unknown"
BOOLEANS = {"true": True, "false": False}
ABSENT = {
    "unknown": "no transaction on record has this id",
    "no_purchases": "this id is known and has no purchase on record",
}


class FeatureRows:
    """Rows by the index of their item, in the order of the model's features.

    Attributes
    ----------
    rows : dict
        Index to values.
    days : dict
        Index to the last day that the row knows.
    errors : dict
        Index to why there is no row.
    """

    def __init__(self, errors: Mapping[int, ItemError]) -> None:
        self.rows: dict[int, Sequence[Any]] = {}
        self.days: dict[int, dt.date] = {}
        self.errors = dict(errors)

    def add(self, index: int, day: dt.date, build: Callable[[], Sequence[Any]]) -> None:
        """Add the row of an item, or the reason why it has none."""
        try:
            self.rows[index] = build()
            self.days[index] = day
        except ItemRejected as rejection:
            self.errors[index] = rejection.error


def build_feature_rows(
    request: PredictionRequest,
    champion: Champion,
    as_of: dt.date,
    currency: str | None,
    published: Mapping[int, Row | str],
) -> FeatureRows:
    """Build the rows of all items.

    Parameters
    ----------
    request : PredictionRequest
        The items.
    champion : Champion
        What will score.
    as_of : date
        The last day of the published run.
    currency : str or None
        Of the run's amounts.
    published : mapping
        Index to the published row of a stored id, or to why there is none.
    """
    table = FeatureRows(request.errors)
    with_lines: dict[int, PredictionItem] = {}
    for index, item in enumerate(request.items):
        if item is None:
            continue
        if item.transactions is not None:
            try:
                check_transactions(item.transactions, currency)
                with_lines[index] = item
            except ItemRejected as rejection:
                table.errors[index] = rejection.error
        elif (features := item.features) is not None:
            day = item.as_of or as_of
            table.add(index, day, partial(build_posted_row, features, champion.features))
        else:
            row = published[index]
            table.add(index, as_of, partial(_build_published_row, row, champion.features))
    if with_lines:
        _add_snapshots(table, with_lines, champion, as_of)
    return table


def _add_snapshots(
    table: FeatureRows, items: Mapping[int, PredictionItem], champion: Champion, as_of: dt.date
) -> None:
    snapshots = build_snapshots(items, as_of, champion.live)
    for index, item in items.items():
        day = table.days[index] = find_last_day(item, as_of)
        row = snapshots.get(index)
        attributes = item.customer.attributes if item.customer else {}
        table.add(index, day, partial(_build_snapshot_row, row, attributes, champion.features, day))


def _build_snapshot_row(
    row: Mapping[str, Any] | None,
    attributes: Mapping[str, Any],
    features: Sequence[FeatureType],
    day: dt.date,
) -> list[Any]:
    if row is None:
        raise ItemRejected("no_sale", f"there is no sale on or before {day}", "transactions")
    values = []
    for feature in features:
        if feature.name in row:
            values.append(row[feature.name])
        elif feature.name in attributes:
            values.append(convert_attribute(attributes[feature.name], feature, CUSTOMER))
        else:
            raise ItemRejected(
                "missing_feature",
                f"the model reads the attribute '{feature.name}'",
                CUSTOMER,
                "send it; null where it is not known",
            )
    return values


def build_posted_row(values: Mapping[str, Any], features: Sequence[FeatureType]) -> list[Any]:
    """Check posted features and return them in the model's order; null is an unknown value.

    Raises
    ------
    ItemRejected
        A feature is missing, infinite, NaN or of another type.
    """
    missing = [feature.name for feature in features if feature.name not in values]
    if missing:
        raise ItemRejected(
            "missing_feature",
            f"the model reads {len(missing)} features that are not there: {', '.join(missing)}",
            "features",
            "send each of them; null where it is not known",
        )
    row = [values[feature.name] for feature in features]
    for column, (value, feature) in enumerate(zip(row, features, strict=True)):
        if value is not None and not _is_plain(value, feature.dtype):
            row[column] = _convert(feature, value, "features")
    return row


def _build_published_row(row: Row | str, features: Sequence[FeatureType]) -> list[Any]:
    """Return the features of a published customer in the model's order.

    Raises
    ------
    ItemRejected
        There is no such customer, an attribute is of another type than the model reads, or the
        run does not hold it.
    """
    if isinstance(row, str):
        raise ItemRejected(row, ABSENT[row], "id", "send its features or its transactions")
    attributes: Mapping[str, Any] = cast(dict[str, Any], row.get("attributes") or {})
    own = {feature.name for feature in features} - CATALOGUE
    missing = [feature.name for feature in features if feature.name in own - attributes.keys()]
    if missing:
        raise ItemRejected(
            "missing_feature",
            f"the published run does not hold the attributes {', '.join(missing)}",
            "id",
            "send the features, or the transactions with customer.attributes",
        )
    return [
        convert_attribute(attributes[feature.name], feature, "attributes")
        if feature.name in own
        else row[feature.name]
        for feature in features
    ]


def convert_attribute(value: Any, feature: FeatureType, where: str) -> Any:
    """Convert an attribute, which the catalogue does not know, as the customers file had it.

    Texts of numbers are read, and numbers of texts written.

    Raises
    ------
    ItemRejected
        The attribute is of another type.

    Examples
    --------
    >>> convert_attribute("4.5", FeatureType("score", "double"), "attributes")
    4.5
    """
    return _convert(feature, _read_text(feature, value), where)


def _read_text(feature: FeatureType, value: Any) -> Any:
    if feature.dtype == "string" and isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str) or feature.dtype == "string":
        return value
    if feature.dtype == "bool":
        return BOOLEANS.get(value.strip().lower(), value)
    try:
        return float(value) if value.strip() else None
    except ValueError:
        return value


def _is_plain(value: Any, dtype: str) -> bool:
    """Return whether a value, like most, needs no closer look."""
    kind = type(value)
    if kind is float:
        return dtype == "double" and -MOST <= value <= MOST
    if kind is int:
        return dtype == "int64" and -MOST <= value <= MOST
    return kind is str and dtype == "string"


def _convert(feature: FeatureType, value: Any, where: str) -> Any:
    if value is None:
        return None
    convert = CONVERTERS.get(feature.dtype)
    return value if convert is None else convert(value, f"{where}.{feature.name}")


def _to_float(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _reject_type(value, where, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ItemRejected("not_finite", f"{value} is no finite number", where, NULL)
    if abs(number) > MOST:
        raise ItemRejected("not_finite", f"{value} is beyond all bounds", where, NULL)
    return number


def _to_int(value: Any, where: str) -> int:
    if not _to_float(value, where).is_integer():
        raise _reject_type(value, where, "a whole number")
    return int(value)


def _to_text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _reject_type(value, where, "a text")
    return value


def _to_bool(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _reject_type(value, where, "true or false")
    return value


def _to_date(value: Any, where: str) -> dt.date:
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise _reject_type(value, where, "a day such as 2011-12-09") from None


CONVERTERS: Mapping[str, Callable[[Any, str], Any]] = {
    "double": _to_float,
    "int64": _to_int,
    "string": _to_text,
    "bool": _to_bool,
    "date32[day]": _to_date,
}


def _reject_type(value: Any, where: str, expected: str) -> ItemRejected:
    text = repr(value) if isinstance(value, str | int | float) else type(value).__name__
    return ItemRejected("wrong_type", f"{text[:80]} is not {expected}", where)

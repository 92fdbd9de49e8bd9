"""The items of a request as rows of the features that a model reads, and the errors of the rest."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clientela.registry.card import FeatureType
from clientela.serving.predicting import features, transactions
from clientela.serving.predicting.loading import Champion
from clientela.serving.predicting.reading import Asked
from clientela.serving.predicting.request import ItemError, Known, PredictionItem, Wrong
from clientela.store.read import Row

CUSTOMER = "customer.attributes"


@dataclass
class Gathered:
    """Rows by their place among the items, in the order of the model's features.

    Parameters
    ----------
    rows : dict
        Place to values.
    days : dict
        Place to the last day that the row knows.
    errors : dict
        Place to why there is no row.
    """

    rows: dict[int, Sequence[Any]] = field(default_factory=dict)
    days: dict[int, dt.date] = field(default_factory=dict)
    errors: dict[int, ItemError] = field(default_factory=dict)


def gathered(
    asked: Asked, champion: Champion, known: Known, published: Mapping[int, Row | str]
) -> Gathered:
    """Make the rows of all items.

    Parameters
    ----------
    asked : Asked
        The items.
    champion : Champion
        What will score.
    known : Known
        The day and currency of the published run.
    published : mapping
        Place to the published row of a known id, or to why there is none.
    """
    found = Gathered(errors=dict(asked.errors))
    lines: dict[int, PredictionItem] = {}
    for place, item in enumerate(asked.items):
        if item is None:
            continue
        try:
            if item.transactions is not None:
                transactions.checked(item, known)
                lines[place] = item
            elif item.features is not None:
                found.rows[place] = features.posted(item.features, champion.features)
                found.days[place] = item.as_of or known.as_of
            else:
                found.rows[place] = _of_published(published[place], champion.features)
                found.days[place] = known.as_of
        except Wrong as wrong:
            found.errors[place] = wrong.error
    if lines:
        _add_snapshots(found, lines, champion, known)
    return found


def _of_published(row: Row | str, wanted: Sequence[FeatureType]) -> Sequence[Any]:
    if isinstance(row, str):
        said = {
            "unknown": "no transaction on record has this id",
            "no_purchases": "this id has returns or fees on record and no purchase",
        }
        raise Wrong(row, said[row], "id", "send its features or its transactions")
    return features.stored(row, wanted)


def _add_snapshots(
    found: Gathered, items: Mapping[int, PredictionItem], champion: Champion, known: Known
) -> None:
    snapshots = transactions.snapshots(items, known, champion.live)
    for place, item in items.items():
        found.days[place] = transactions.day_of(item, known)
        try:
            found.rows[place] = _of_snapshot(
                snapshots.get(place), item, champion, found.days[place]
            )
        except Wrong as wrong:
            found.errors[place] = wrong.error


def _of_snapshot(
    row: Mapping[str, Any] | None, item: PredictionItem, champion: Champion, day: dt.date
) -> Sequence[Any]:
    if row is None:
        raise Wrong("no_sale", f"there is no sale on or before {day}", "transactions")
    given = item.customer.attributes if item.customer else {}
    values = []
    for each in champion.features:
        if each.name in row:
            values.append(row[each.name])
        elif each.name in given:
            values += features.attributed(given, [each], CUSTOMER)
        else:
            raise Wrong(
                "missing_feature",
                f"the model reads the attribute '{each.name}'",
                CUSTOMER,
                "send it; null where it is not known",
            )
    return values

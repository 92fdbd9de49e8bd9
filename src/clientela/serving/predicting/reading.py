"""The items of a request, each read or refused by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clientela.serving.predicting.request import Id, ItemError, PredictionItem, Wrong, item_of


@dataclass
class Asked:
    """The items of a request, each read or refused.

    Parameters
    ----------
    items : list of PredictionItem or None
        None where the item could not be read.
    ids : list
        The id of each as it came.
    errors : dict
        Place to the error of an item.
    """

    items: list[PredictionItem | None]
    ids: list[Id | None]
    errors: dict[int, ItemError] = field(default_factory=dict)

    @property
    def known(self) -> dict[int, Id]:
        """Place to the id of every item that asks for a known customer."""
        return {
            place: item.id
            for place, item in enumerate(self.items)
            if item and item.id is not None and item.features is None and item.transactions is None
        }


def read(raw: Sequence[dict[str, Any]]) -> Asked:
    """Read every item by itself."""
    asked = Asked([None] * len(raw), [None] * len(raw))
    for place, each in enumerate(raw):
        label = each.get("id")
        asked.ids[place] = label if isinstance(label, str | int | float) else None
        try:
            asked.items[place] = item_of(each)
        except Wrong as wrong:
            asked.errors[place] = wrong.error
    return asked

"""The items of a prediction request, each accepted or rejected by itself."""

import json
from typing import Any

import msgspec

from clientela.serving.predicting.schemas import (
    MOST_ITEMS,
    Id,
    ItemError,
    PredictionItem,
    Predictions,
)
from clientela.serving.problems import RequestError


class ItemRejected(Exception):
    """An item that cannot be predicted, with the error it is answered with."""

    def __init__(self, code: str, detail: str, where: str = "", do: str = "") -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail, where, do)


class PredictionRequest:
    """The items of a request by their index.

    Parameters
    ----------
    body : bytes
        An object with 1 to 1,000 items.

    Attributes
    ----------
    items : list of PredictionItem or None
        None where the item was rejected.
    ids : list
        The id of each as it came.
    errors : dict
        Index to the error of an item.

    Raises
    ------
    RequestError
        The body is no such object.

    Examples
    --------
    >>> request = PredictionRequest(b'{"items": [{"id": "17850"}, {"id": "x", "features": 1}]}')
    >>> request.ids, request.stored_ids, request.errors[1].code
    (['17850', 'x'], {0: '17850'}, 'wrong_item')
    """

    def __init__(self, body: bytes) -> None:
        raw_items = _decode_items(body)
        self.items: list[PredictionItem | None] = []
        self.ids: list[Id | None] = []
        self.errors: dict[int, ItemError] = {}
        for index, raw in enumerate(raw_items):
            label = raw.get("id")
            self.ids.append(label if isinstance(label, str | int | float) else None)
            try:
                self.items.append(_parse_item(raw))
            except ItemRejected as rejection:
                self.items.append(None)
                self.errors[index] = rejection.error

    @property
    def stored_ids(self) -> dict[int, Id]:
        """Index to the id of every item that asks for a customer of the results."""
        return {
            index: item.id
            for index, item in enumerate(self.items)
            if item and item.id is not None and item.features is None and item.transactions is None
        }

    @property
    def has_transactions(self) -> bool:
        """Whether an item brings transactions, of which features have to be computed."""
        return any(item and item.transactions for item in self.items)


def _decode_items(body: bytes) -> list[dict[str, Any]]:
    """Decode a body; NaN and Infinity, which are no JSON, are left for each item."""
    if not body:
        raise RequestError("the body is empty", where="body", do='send {"items": [...]}')
    try:
        items: list[dict[str, Any]] = msgspec.json.decode(body, type=Predictions).items
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        items = _decode_leniently(body, error)
    if len(items) > MOST_ITEMS:
        raise RequestError(
            f"{len(items)} items in one request", where="items", do=f"send at most {MOST_ITEMS}"
        )
    return items


def _decode_leniently(body: bytes, error: Exception) -> list[dict[str, Any]]:
    """Decode what is no JSON by the letter: NaN, Infinity and numbers out of range."""
    try:
        content = json.loads(body)
        json.dumps(content, ensure_ascii=False).encode()
        items: list[dict[str, Any]] = msgspec.convert(content, Predictions).items
        return items
    except msgspec.ValidationError as invalid:
        raise _refuse_body(invalid) from None
    except UnicodeEncodeError:
        raise RequestError("a text holds half of a character", where="body") from None
    except (ValueError, RecursionError):
        raise _refuse_body(error) from None


def _refuse_body(error: Exception) -> RequestError:
    return RequestError(str(error), where="body", do="see /docs for what it holds")


def _parse_item(raw: dict[str, Any]) -> PredictionItem:
    """Parse an item; raise if it is of another shape, or asks two things at once."""
    try:
        item = msgspec.convert(raw, PredictionItem)
    except msgspec.ValidationError as error:
        detail, _, where = str(error).partition(" - at ")
        raise ItemRejected("wrong_item", detail, where.strip("`"), _advise(detail)) from None
    if item.features is not None and item.transactions is not None:
        raise ItemRejected("wrong_item", "an item has features or transactions, not both")
    if item.features is None and item.transactions is None and item.id is None:
        raise ItemRejected("wrong_item", "an item needs an id, features or transactions")
    if item.customer is not None and item.transactions is None:
        raise ItemRejected(
            "wrong_item", "attributes of the customer go with transactions", "customer"
        )
    return item


def _advise(detail: str) -> str:
    if "datetime" in detail:
        return "write it as 2011-12-09T12:50:00, in the firm's time zone and without one"
    return "write it as 2011-12-09" if "date" in detail else "see /docs for what an item holds"

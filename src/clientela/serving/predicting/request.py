"""What a prediction is asked of: known ids, features, or transactions; each item read by itself."""

import datetime as dt
import json
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from clientela.serving.problems import RequestError

MOST_ITEMS = 1_000
Id = str | int | float
Local = Annotated[dt.datetime, Meta(tz=False)]


class PostedLine(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One line of a customer's transactions, in the names of the canonical table."""

    order_id: Annotated[Id, Meta(description="Lines of one order share it")]
    ordered_local: Annotated[
        Local,
        Meta(description="When, in the firm's time zone and without one: 2011-12-09T12:50:00"),
    ]
    kind: Annotated[Literal["sale", "return", "fee"], Meta(description="What the line is")] = "sale"
    amount: Annotated[
        float | None, Meta(description="Money, negative for a return; else quantity x unit_price")
    ] = None
    quantity: Annotated[float | None, Meta(description="Units, negative for a return; else 1")] = (
        None
    )
    unit_price: float | None = None
    product_id: Id | None = None
    returns_order_id: Annotated[
        Id | None, Meta(description="The order that a return gives back")
    ] = None
    country: str | None = None
    channel: str | None = None
    service: str | None = None
    category: str | None = None
    currency: Annotated[str | None, Meta(description="That of the run, or none")] = None
    description: str | None = None
    customer_id: Id | None = None
    line_no: int | None = None
    line_key: str | None = None
    ordered_at: str | None = None


class PostedCustomer(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is known of a customer besides purchases."""

    signup_date: dt.date | None = None
    birth_date: dt.date | None = None
    age: Annotated[int, Meta(ge=0, le=200, description="Whole years")] | None = None
    gender: str | None = None
    region: str | None = None
    attributes: Annotated[
        dict[str, str | float | bool | None],
        Meta(description="Further columns of the customers file"),
    ] = {}


class PredictionItem(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to predict: an id alone, or features, or transactions; then id is a label."""

    id: Annotated[Id | None, Meta(description="A known customer; or a label for the answer")] = None
    features: Annotated[
        dict[str, Any] | None,
        Meta(description="Every feature that the model reads, by name; null is unknown"),
    ] = None
    transactions: Annotated[
        list[PostedLine] | None, Meta(description="All lines of the customer so far")
    ] = None
    customer: Annotated[
        PostedCustomer | None, Meta(description="Attributes beside the transactions")
    ] = None
    as_of: Annotated[
        dt.date | None,
        Meta(
            description=(
                "The last day that counts; of transactions the later of the run's and of the last "
                "line's if absent"
            )
        ),
    ] = None


class Predictions(msgspec.Struct, forbid_unknown_fields=True):
    """The customers to predict."""

    items: Annotated[
        list[PredictionItem],
        Meta(min_length=1, description="Each has features, transactions or an id"),
    ]


class ItemError(msgspec.Struct, gc=False, omit_defaults=True):
    """Why an item has no prediction."""

    code: Annotated[
        str,
        Meta(
            description=(
                "unknown, no_purchases, missing_feature, not_finite, wrong_type, wrong_item, "
                "no_sale or wrong_currency"
            )
        ),
    ]
    detail: str
    where: Annotated[str, Meta(description="The part of the item concerned")] = ""
    do: Annotated[str, Meta(description="What to do")] = ""


class Wrong(Exception):
    """An item that cannot be predicted, with the error it is answered with."""

    def __init__(self, code: str, detail: str, where: str = "", do: str = "") -> None:
        super().__init__(detail)
        self.error = ItemError(code, detail, where, do)


class Known(NamedTuple):
    """What the published run knows: its last day, and the currency of its amounts."""

    as_of: dt.date
    currency: str | None


class Posted(msgspec.Struct, forbid_unknown_fields=True):
    """Items as they come, each an object."""

    items: Annotated[list[dict[str, Any]], Meta(min_length=1)]


def items_of(body: bytes) -> list[dict[str, Any]]:
    """Read the items of a body; NaN and Infinity, which are no JSON, are left for each item.

    Raises
    ------
    RequestError
        The body is no object with at least one and at most 1,000 items.
    """
    if not body:
        raise RequestError("the body is empty", where="body", do='send {"items": [...]}')
    try:
        items = msgspec.json.decode(body, type=Posted).items
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        items = _lenient(body, error)
    if len(items) > MOST_ITEMS:
        raise RequestError(
            f"{len(items)} items in one request", where="items", do=f"send at most {MOST_ITEMS}"
        )
    return items


def item_of(raw: dict[str, Any]) -> PredictionItem:
    """Read one item.

    Raises
    ------
    Wrong
        It is of another shape, or asks two things at once.
    """
    try:
        item = msgspec.convert(raw, PredictionItem)
    except msgspec.ValidationError as error:
        detail, _, where = str(error).partition(" - at ")
        raise Wrong("wrong_item", detail, where.strip("`"), _advice(detail)) from None
    if item.features is not None and item.transactions is not None:
        raise Wrong("wrong_item", "an item has features or transactions, not both")
    if item.features is None and item.transactions is None and item.id is None:
        raise Wrong("wrong_item", "an item needs an id, features or transactions")
    if item.customer is not None and item.transactions is None:
        raise Wrong("wrong_item", "attributes of the customer go with transactions", "customer")
    return item


def _advice(detail: str) -> str:
    if "datetime" in detail:
        return "write it as 2011-12-09T12:50:00, in the firm's time zone and without one"
    return "write it as 2011-12-09" if "date" in detail else "see /docs for what an item holds"


def _lenient(body: bytes, why: Exception) -> list[dict[str, Any]]:
    """Read what is no JSON by the letter: NaN, Infinity and numbers out of range."""
    try:
        read = json.loads(body)
        json.dumps(read, ensure_ascii=False).encode()
        return msgspec.convert(read, Posted).items
    except msgspec.ValidationError as error:
        raise _unread(error) from None
    except UnicodeEncodeError:
        raise RequestError("a text holds half of a character", where="body") from None
    except (ValueError, RecursionError):
        raise _unread(why) from None


def _unread(why: Exception) -> RequestError:
    return RequestError(str(why), where="body", do="see /docs for what it holds")

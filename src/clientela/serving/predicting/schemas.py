"""Schemas of live predictions: what is posted, and what is answered."""

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from clientela.serving.schema import define_body, define_schema

# Items of one request; by convention, so that none holds a worker for seconds
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


Predictions = define_body(
    "Predictions",
    "The customers to predict.",
    {
        "items": Annotated[
            list[dict[str, Any]],
            Meta(min_length=1, description="Each has features, transactions or an id"),
        ]
    },
)


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


class ChurnReason(msgspec.Struct, gc=False):
    """One reason for a probability."""

    feature: str
    value: Annotated[str, Meta(description="The customer's value; empty where it is unknown")]
    effect: Annotated[
        float, Meta(description="Its theme's, in log-odds against the average customer")
    ]
    text: Annotated[str, Meta(description="In words, in the language asked for")]


class Prediction(msgspec.Struct, gc=False):
    """The prediction of one item; or why there is none."""

    id: Annotated[Id | None, Meta(description="The id of the item, as it came")]
    as_of: Annotated[dt.date | None, Meta(description="The last day that the prediction knows")]


class ChurnPrediction(Prediction, gc=False):
    """How likely one customer is to leave; or why that cannot be predicted."""

    churn_probability: float | None
    churn_band: Annotated[str | None, Meta(description="low, medium, high or gone")]
    reasons: Annotated[list[ChurnReason], Meta(description="The strongest first, at most three")]
    error: ItemError | None


class SegmentPrediction(Prediction, gc=False):
    """The segment of one customer; or why that cannot be predicted."""

    segment: int | None
    segment_name: str | None
    segment_confidence: Annotated[
        float | None, Meta(description="How clearly the customer belongs, from 0 to 1")
    ]
    error: ItemError | None


_STAMP = {
    "model_id": Annotated[str, Meta(description="The model that scored: the champion")],
    "model_as_of": Annotated[dt.date, Meta(description="The day on which it was trained")],
    "run_id": Annotated[str | None, Meta(description="The published run; null before the first")],
    "as_of": Annotated[dt.date, Meta(description="The day that run knows")],
}
ChurnPredictions = define_schema(
    "ChurnPredictions",
    "Churn predictions in the order of the items.",
    _STAMP | {"results": list[ChurnPrediction]},
)
SegmentPredictions = define_schema(
    "SegmentPredictions",
    "Segment predictions in the order of the items.",
    _STAMP | {"results": list[SegmentPrediction]},
)

"""What predictions answer, by name and type."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from clientela.serving.predicting.request import ItemError

AsAsked = Annotated[str | int | float | None, Meta(description="The id of the item, as asked")]
Day = Annotated[dt.date | None, Meta(description="The last day that the prediction knows")]


class ChurnReason(msgspec.Struct, gc=False):
    """One reason for a probability."""

    feature: str
    value: Annotated[str, Meta(description="The customer's value; empty where it is unknown")]
    effect: Annotated[float, Meta(description="Log-odds against the average customer")]
    text: Annotated[str, Meta(description="In words, in the language asked for")]


class ChurnPrediction(msgspec.Struct, gc=False):
    """How likely one customer is to leave; or why that cannot be told."""

    id: AsAsked
    as_of: Day
    churn_probability: float | None
    churn_band: Annotated[str | None, Meta(description="low, medium, high or gone")]
    reasons: Annotated[list[ChurnReason], Meta(description="The weightiest first, at most three")]
    error: ItemError | None


class ChurnPredictions(msgspec.Struct):
    """Predictions in the order of the items."""

    model_id: Annotated[str, Meta(description="The model that scored: the champion")]
    model_as_of: Annotated[dt.date, Meta(description="The day on which it was learnt")]
    run_id: Annotated[str | None, Meta(description="The published run; null before the first")]
    as_of: Annotated[dt.date, Meta(description="The day that run knows")]
    results: list[ChurnPrediction]


class SegmentPrediction(msgspec.Struct, gc=False):
    """The segment of one customer; or why that cannot be told."""

    id: AsAsked
    as_of: Day
    segment: int | None
    segment_name: str | None
    segment_confidence: Annotated[
        float | None, Meta(description="How clearly the customer belongs, from 0 to 1")
    ]
    error: ItemError | None


class SegmentPredictions(msgspec.Struct):
    """Predictions in the order of the items."""

    model_id: Annotated[str, Meta(description="The segmentation that scored: the champion")]
    model_as_of: Annotated[dt.date, Meta(description="The day on which it was learnt")]
    run_id: Annotated[str | None, Meta(description="The published run; null before the first")]
    as_of: Annotated[dt.date, Meta(description="The day that run knows")]
    results: list[SegmentPrediction]

"""Models by hand, stored and promoted as a run would."""

import datetime as dt
from pathlib import Path

import numpy as np

from clientela.churn.score.additive import Additive
from clientela.churn.score.encoding import Encoding
from clientela.churn.score.model import ChurnModel
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.card import Card, FeatureType
from clientela.segments.score.model import SegmentModel
from clientela.segments.score.transform import Transform

LEARNT = dt.date(2011, 12, 1)
NUMBERS = (
    FeatureType("days_since_last", "int64"),
    FeatureType("orders", "int64"),
    FeatureType("revenue", "double"),
)
TEXT = FeatureType("country", "string")


def churn_model(slope: float = 1.0, *more: FeatureType) -> ChurnModel:
    """Risk by silence, orders, revenue and country; further numbers weigh nothing."""
    numbers = (*NUMBERS, *more)
    width = len(numbers)
    slopes = np.zeros((width, 1))
    slopes[:3, 0] = (0.02, -0.2, -0.001)
    core = Additive(
        unit=np.ones(width),
        bent=np.zeros(width, np.bool_),
        low=np.full(width, -1e6),
        high=np.full(width, 1e6),
        centre=np.zeros(width),
        missing=np.full(width, 0.3),
        knots=np.zeros((width, 1)),
        slopes=slopes,
        heights=np.array([[0.5, -0.5, 0.25]]),
        intercept=-0.4,
    )
    encoding = Encoding(numbers, (TEXT,), (("France", "United Kingdom"),))
    return ChurnModel(
        card=card("churn", encoding.features),
        encoding=encoding,
        core=core,
        slope=slope,
        gone_after_days=400,
        gone_share=0.97,
    )


def segment_model() -> SegmentModel:
    """Two segments by revenue and orders."""
    transforms = tuple(
        Transform(
            feature=name,
            dtype=dtype,
            curve="log",
            unit=unit,
            fill=1.0,
            mean=1.0,
            scale=1.0,
            limit=4.0,
        )
        for name, dtype, unit in (("orders", "int64", 1.0), ("revenue", "double", 50.0))
    )
    features = tuple(FeatureType(each.feature, each.dtype) for each in transforms)
    return SegmentModel(
        transforms=transforms,
        centres=np.array([[-1.0, -1.0], [1.5, 1.5]]),
        ids=(3, 7),
        names=("regulars", "champions"),
        card=card("segments", features),
    )


def card(kind: str, features: tuple[FeatureType, ...]) -> Card:
    return Card(kind=kind, data_hash="ab", as_of=LEARNT, customers=60, features=features, seed=1)


def keep(folder: Path, model: ChurnModel | SegmentModel) -> str:
    """Store a model and let it score."""
    kind = model.card.kind
    model_id = artifacts.save(folder, model.artifact())
    registry.promote(folder, kind, model_id)
    return model_id

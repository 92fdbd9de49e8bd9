"""The value model as JSON and arrays, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from clientela.errors import ArtifactError
from clientela.scoring.artifacts import Artifact
from clientela.scoring.curve import Curve
from clientela.scoring.value import KIND, Interval, Likely, Scaled, ValueModel
from clientela.scoring.value_forecasts import (
    Btyd,
    Forecast,
    LastPeriod,
    LifetimeRate,
    Nothing,
    Tweedie,
    TwoStage,
)
from clientela.scoring.value_orders import orders_of
from clientela.scoring.value_trees import Trees

Arrays = Mapping[str, Any]
NUMBERS = (
    "horizon_days",
    "learnt_days",
    "clv_days",
    "discount_rate",
    "level",
    "unit",
    "year_level",
)


def artifact_of(model: ValueModel) -> Artifact:
    """Take a model apart; a forecast that serves twice is stored once."""
    payload = {name: getattr(model, name) for name in NUMBERS}
    payload["orders"] = model.orders.to_json()
    payload["mean"], arrays = _scaled(model.mean)
    payload["likely"], further = _scaled(model.likely.scaled)
    arrays = further | arrays
    curves = {"likely": model.likely.curve}
    if model.interval is not None:
        curves |= {"low": model.interval.low, "high": model.interval.high}
    for name, curve in curves.items():
        if curve is not None:
            arrays[f"{name}_knots"], arrays[f"{name}_heights"] = curve.knots, curve.heights
    return Artifact(KIND, payload, arrays, model.card)


def model_of(artifact: Artifact) -> ValueModel:
    """Put a model together.

    Raises
    ------
    ArtifactError
        A part is missing.
    """
    payload, arrays = artifact.payload, artifact.arrays
    try:
        low, high = _curve(arrays, "low"), _curve(arrays, "high")
        mean = _read(payload["mean"], arrays)
        same = payload["likely"] == payload["mean"]
        likely = mean if same else _read(payload["likely"], arrays)
        return ValueModel(
            horizon_days=int(payload["horizon_days"]),
            learnt_days=int(payload["learnt_days"]),
            clv_days=int(payload["clv_days"]),
            discount_rate=float(payload["discount_rate"]),
            level=float(payload["level"]),
            orders=orders_of(payload["orders"]),
            mean=mean,
            likely=Likely(likely, _curve(arrays, "likely")),
            interval=Interval(low, high) if low and high else None,
            unit=float(payload["unit"]),
            year_level=float(payload["year_level"]),
            card=artifact.card,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the stored value model does not hold together: {error!r}",
            do="run again with --refit",
        ) from None


def _scaled(scaled: Scaled) -> tuple[dict[str, Any], dict[str, Any]]:
    forecast = scaled.forecast
    payload = {"name": forecast.name, "scale": scaled.scale, **forecast.to_json()}
    return payload, dict(forecast.arrays())


def _read(payload: Mapping[str, Any], arrays: Arrays) -> Scaled:
    return Scaled(_forecast(payload, arrays), float(payload["scale"]))


def _forecast(payload: Mapping[str, Any], arrays: Arrays) -> Forecast:
    name = str(payload["name"])
    if name in ("last_period", "seasonal"):
        return LastPeriod(name, float(payload["window_days"]), float(payload["factor"]))
    if name == "tweedie":
        return Tweedie(Trees(arrays["tweedie"]))
    if name == "two_stage":
        buys, amount = Trees(arrays["buys"]), Trees(arrays["amount"])
        residuals = np.asarray(arrays["residuals"], dtype=np.float64)
        return TwoStage(buys, amount, residuals, float(payload["log_odds"]))
    plain: dict[str, type[Btyd] | type[LifetimeRate] | type[Nothing]] = {
        "btyd": Btyd,
        "lifetime_rate": LifetimeRate,
        "nothing": Nothing,
    }
    return plain[name]()


def _curve(arrays: Arrays, name: str) -> Curve | None:
    if f"{name}_knots" not in arrays:
        return None
    return Curve(arrays[f"{name}_knots"], arrays[f"{name}_heights"])

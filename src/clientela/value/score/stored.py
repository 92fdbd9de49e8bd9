"""The value model as JSON and arrays, and back."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from clientela.errors import ArtifactError
from clientela.statistics.curve import Curve
from clientela.value.score.forecasts import (
    BtydForecast,
    LastPeriodForecast,
    LifetimeRateForecast,
    MedianForecast,
    RevenueForecast,
    ScaledForecast,
    TweedieForecast,
    TwoStageForecast,
    ZeroForecast,
)
from clientela.value.score.orders import load_order_model
from clientela.value.score.past_forecasts import PastForecasts, PastModel
from clientela.value.score.trees import ValueTrees

Arrays = Mapping[str, Any]
NUMBERS: dict[str, type[int] | type[float]] = {
    "horizon_days": int,
    "learnt_days": int,
    "clv_days": int,
    "discount_rate": float,
    "level": float,
    "unit": float,
    "year_level": float,
}


def dump_fields(model: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return JSON and arrays of a model's fields; a forecast that serves twice is stored once."""
    payload = {name: model[name] for name in NUMBERS}
    payload["orders"] = model["orders"].to_json()
    payload["mean"], arrays = _dump_forecast(model["mean"])
    likely = model["likely"]
    payload["likely"], arrays = _dump_medians(likely, arrays)
    curves = {"likely": next((one.curve for one in (likely, *likely.parts) if one.curve), None)}
    if model["interval"] is not None:
        curves |= {"low": model["interval"][0], "high": model["interval"][1]}
    for name, curve in curves.items():
        if curve is not None:
            arrays[f"{name}_knots"], arrays[f"{name}_heights"] = curve.knots, curve.heights
    day, data_hash = model["level_of"]
    payload["level_of"] = [day.isoformat(), data_hash]
    payload |= {name: model[name] for name in ("buyers_line", "by_rhythm")}
    payload["past"] = [
        _dump_past(entry, arrays, f"past{position}")
        for position, entry in enumerate(model["past"].models)
    ]
    return payload, arrays


def load_fields(payload: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """Return the fields of a model.

    Raises
    ------
    ArtifactError
        A part is missing.
    """
    try:
        low, high = _curve(arrays, "low"), _curve(arrays, "high")
        mean = _read(payload["mean"], arrays)
        likely = _read_medians(payload["likely"], arrays, payload["mean"], mean)
        return {name: type_(payload[name]) for name, type_ in NUMBERS.items()} | {
            "orders": load_order_model(payload["orders"]),
            "mean": mean,
            "likely": likely,
            "interval": (low, high) if low and high else None,
            **_read_evidence(payload, arrays),
        }
    except (KeyError, TypeError, ValueError):
        raise ArtifactError(
            "the stored value model is damaged, or of another build",
            do="run again with --refit",
        ) from None


def _dump_medians(
    likely: MedianForecast, arrays: dict[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return each part of a median forecast; only one of them can have a curve."""
    payloads = []
    for part in likely.parts or (likely,):
        payload, further = _dump_forecast(part.scaled)
        payloads.append(payload | {"curve": part.curve is not None})
        arrays = further | arrays
    return payloads, arrays


def _read_medians(
    payloads: list[dict[str, Any]], arrays: Arrays, known: dict[str, Any], mean: ScaledForecast
) -> MedianForecast:
    """Read the parts; one that is the mean forecast too is the same object: its trees run once."""
    curve = _curve(arrays, "likely")
    parts = tuple(
        MedianForecast(
            mean if payload == known | {"curve": payload["curve"]} else _read(payload, arrays),
            curve if payload["curve"] else None,
        )
        for payload in payloads
    )
    return parts[0] if len(parts) == 1 else MedianForecast(parts[0].scaled, parts=parts)


def _dump_past(entry: PastModel, arrays: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Return JSON of a past day's models; arrays that are stored already are named, not copied."""
    day, orders, scaled = entry
    payload: dict[str, Any] = {"day": day.isoformat(), "orders": orders.to_json()}
    if scaled is None:
        return payload
    forecast, parts = _dump_forecast(scaled)
    names = {
        part: next((name for name in arrays if arrays[name] is array), f"{prefix}_{part}")
        for part, array in parts.items()
    }
    arrays |= {names[part]: array for part, array in parts.items()}
    return payload | {"forecast": forecast, "arrays": names}


def _read_evidence(payload: Mapping[str, Any], arrays: Arrays) -> dict[str, Any]:
    """Read what was learnt of past days; nothing where none of it is stored."""
    line, (day, data_hash) = payload.get("buyers_line"), payload.get("level_of", ("0001-01-01", ""))
    models = [_read_past(entry, arrays) for entry in payload.get("past", ())]
    return {
        "past": PastForecasts(int(payload["learnt_days"]), models),
        "buyers_line": None if line is None else tuple(map(float, line)),
        "by_rhythm": bool(payload.get("by_rhythm")),
        "level_of": (dt.date.fromisoformat(day), str(data_hash)),
    }


def _read_past(entry: Mapping[str, Any], arrays: Arrays) -> PastModel:
    day, orders = dt.date.fromisoformat(entry["day"]), load_order_model(entry["orders"])
    if "forecast" not in entry:
        return day, orders, None
    parts = {part: arrays[name] for part, name in entry["arrays"].items()}
    return day, orders, _read(entry["forecast"], parts)


def _dump_forecast(scaled: ScaledForecast) -> tuple[dict[str, Any], dict[str, Any]]:
    forecast = scaled.forecast
    payload = {"name": forecast.name, "scale": scaled.scale, **forecast.to_json()}
    return payload, dict(forecast.arrays())


def _read(payload: Mapping[str, Any], arrays: Arrays) -> ScaledForecast:
    return ScaledForecast(_forecast(payload, arrays), float(payload["scale"]))


def _forecast(payload: Mapping[str, Any], arrays: Arrays) -> RevenueForecast:
    name = str(payload["name"])
    if name in ("last_period", "seasonal"):
        days, factor = float(payload["window_days"]), float(payload["factor"])
        return LastPeriodForecast(name, days, factor, payload.get("window"))
    if name == "tweedie":
        return TweedieForecast(ValueTrees(arrays["tweedie"]))
    if name == "two_stage":
        buys, amount = ValueTrees(arrays["buys"]), ValueTrees(arrays["amount"])
        residuals = np.asarray(arrays["residuals"], dtype=np.float64)
        return TwoStageForecast(buys, amount, residuals, float(payload["log_odds"]))
    plain: dict[str, type[BtydForecast] | type[LifetimeRateForecast] | type[ZeroForecast]] = {
        "btyd": BtydForecast,
        "lifetime_rate": LifetimeRateForecast,
        "nothing": ZeroForecast,
    }
    return plain[name]()


def _curve(arrays: Arrays, name: str) -> Curve | None:
    if f"{name}_knots" not in arrays:
        return None
    return Curve(arrays[f"{name}_knots"], arrays[f"{name}_heights"])

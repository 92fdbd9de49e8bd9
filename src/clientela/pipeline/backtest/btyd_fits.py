"""The Buy Till You Die models on the past, in weeks as the literature fits them, and judged."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.btyd import gamma_gamma
from clientela.btyd.choice import ModelChoice, choose_model
from clientela.btyd.frame import Frame, Span, TimeUnit
from clientela.btyd.gamma_gamma import GammaGamma
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.btyd.past_dates import PastDate, load_past_dates
from clientela.features.btyd import btyd
from clientela.pipeline.backtest.context import Scene
from clientela.pipeline.backtest.holdout import held_out
from clientela.pipeline.backtest.simulations import recovered
from clientela.statistics.arrays import Doubles, doubles

UNIT: TimeUnit = "weeks"


def fitted(scene: Scene) -> dict[str, Any]:
    """Fit every model, choose one on the past alone, and judge all once.

    Returns
    -------
    dict
        ``unit``; ``models``, each with ``parameters`` and their standard errors,
        ``log_likelihood``, ``identified``, and ``holdout``, how it foretold the purchase days that
        followed; ``chosen``, the one that the rule picks, with a ``mean`` forecast, corrected by
        ``mean_factor``, and a ``median`` one; and ``purchases``, the days that followed.
    """
    known, later = (_table(scene, day) for day in (scene.period.as_of, scene.period.upto))
    frame, bought = Frame.of_btyd(known, UNIT), _bought(known, later)
    choice = choose_model(frame, _past(scene), proportion=_proportion(scene))
    span = Span.days(scene.period.horizon_days)
    buys = choice.ordering(frame, span)
    models = [
        _told(fit, fit.model.name) | {"holdout": _mean(fit.model, frame, span, bought)}
        for fit in choice.fits
    ]
    return {
        "unit": UNIT,
        "customers": len(frame),
        "purchases": int(bought.sum()),
        "simulations": [_simulated(fit, frame, span, scene.simulations) for fit in choice.fits]
        if scene.simulations
        else [],
        "models": [
            *models,
            _told(gamma_gamma.fit_gamma_gamma(frame), "gamma_gamma") | {"holdout": None},
        ],
        "chosen": {
            "model": choice.model.name,
            "rule": choice.rule,
            "mean_factor": choice.mean_factor,
            "notes": list(choice.notes),
            "mean": held_out(_foretold(choice, frame, span), bought, buys),
            "median": held_out(_median(choice.model, frame, span), bought, buys),
        },
    }


def _simulated(
    fit: Fit[PurchaseModel], frame: Frame, span: Span, simulations: int
) -> dict[str, Any]:
    name = {"model": fit.model.name}
    if not fit.identified:
        return name | {"simulations": 0, "failed": 0}
    return name | recovered(fit, frame, span, simulations)


def _mean(
    model: PurchaseModel, frame: Frame, span: Span, bought: Doubles
) -> dict[str, float | None]:
    foretold = model.expected_purchases(frame, span)
    return held_out(foretold, bought, foretold)


def _foretold(choice: ModelChoice, frame: Frame, span: Span) -> Doubles:
    return choice.model.expected_purchases(frame, span) * choice.mean_factor


def _median(model: PurchaseModel, frame: Frame, span: Span) -> Doubles:
    return model.purchases_within(frame, span, [0.5])[:, 0]


def _table(scene: Scene, day: dt.date) -> pa.Table:
    engine = scene.future.engine
    found = engine.to_arrow(btyd(scene.workspace.tables(engine), day))
    return found.sort_by("customer_id")


def _bought(known: pa.Table, later: pa.Table) -> Doubles:
    """Count the purchase days of each known customer between the two days."""
    same = later.take(pa.compute.index_in(known["customer_id"], value_set=later["customer_id"]))
    return doubles(same, "frequency") - doubles(known, "frequency")


def _past(scene: Scene) -> list[PastDate]:
    """Give earlier dates in the past, with what followed them there."""
    found = load_past_dates(scene.past, scene.period.horizon_days)
    return [replace(each, frame=each.frame.to(UNIT)) for each in found]


def _proportion(scene: Scene) -> float:
    period = scene.period
    return period.horizon_days / (period.as_of - period.first_day).days


def _told(fit: Fit[PurchaseModel] | Fit[GammaGamma], name: str) -> dict[str, Any]:
    errors = fit.standard_errors
    return {
        "model": name,
        "identified": fit.identified,
        "note": fit.note_code,
        "log_likelihood": fit.log_likelihood,
        "parameters": {
            parameter: {"value": value, "standard_error": _finite(errors.get(parameter))}
            for parameter, value in fit.model.parameters().items()
        },
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None

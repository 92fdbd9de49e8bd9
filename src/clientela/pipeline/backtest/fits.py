"""The Buy Till You Die models on the past, in weeks as the literature fits them, and judged."""

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.features.btyd import btyd
from clientela.features.history import History
from clientela.models.clv.choice import Past, choose, past_of
from clientela.models.clv.fit import Fit
from clientela.pipeline.backtest.holdout import held_out
from clientela.pipeline.backtest.scene import Scene
from clientela.scoring.clv.frame import Frame
from clientela.scoring.clv.model import Model
from clientela.scoring.clv.span import Span, TimeUnit
from clientela.scoring.columns import Doubles, doubles

UNIT: TimeUnit = "weeks"
MOST_DATES = 6
COUNTS = ["purchase_days", "tenure_days", "days_since_last"]


def fitted(scene: Scene) -> dict[str, Any]:
    """Fit every model, choose one on the past alone, and judge all once.

    Returns
    -------
    dict
        ``unit``; ``models``, each with ``parameters`` and their standard errors,
        ``log_likelihood``, ``identified``, and ``holdout``, how it foretold the purchase days that
        followed; ``chosen``, the same of the one that the rule picks, its mean corrected; and
        ``purchases``, the days that followed.
    """
    known, later = (_table(scene, day) for day in (scene.period.as_of, scene.period.upto))
    frame, bought = Frame.of_btyd(known, UNIT), _bought(known, later)
    choice = choose(frame, _past(scene))
    span = Span.days(scene.period.horizon_days)
    models = [
        _told(fit) | {"holdout": held_out(fit.model.expected_purchases(frame, span), bought)}
        for fit in choice.fits
    ]
    foretold = choice.model.expected_purchases(frame, span) * choice.mean_factor
    return {
        "unit": UNIT,
        "customers": len(frame),
        "purchases": int(bought.sum()),
        "models": models,
        "chosen": {
            "model": choice.model.name,
            "rule": choice.rule,
            "mean_factor": choice.mean_factor,
            "notes": list(choice.notes),
            "holdout": held_out(foretold, bought),
        },
    }


def _table(scene: Scene, day: dt.date) -> pa.Table:
    engine = scene.future.engine
    found = engine.to_arrow(btyd(scene.workspace.tables(engine), day))
    return found.sort_by("customer_id")


def _bought(known: pa.Table, later: pa.Table) -> Doubles:
    """Count the purchase days of each known customer between the two days."""
    same = later.take(pa.compute.index_in(known["customer_id"], value_set=later["customer_id"]))
    return doubles(same, "frequency") - doubles(known, "frequency")


def _past(scene: Scene) -> list[Past]:
    """Give earlier dates in the past, with what followed them there: a third of it at most."""
    history = scene.past
    third = (history.as_of - history.first_day).days // 3
    days = min(scene.period.horizon_days, third)
    dates = history.dates(days, 30, third)[:MOST_DATES]
    return [_pair(history, date, days) for date in dates]


def _pair(history: History, date: dt.date, days: int) -> Past:
    early, late = (history.snapshot(day, COUNTS) for day in (date, date + dt.timedelta(days=days)))
    past = past_of(early, late, Span.days(days))
    return Past(past.frame.to(UNIT), past.purchases, past.span)


def _told(fit: Fit[Model]) -> dict[str, Any]:
    errors = fit.standard_errors
    return {
        "model": fit.model.name,
        "identified": fit.identified,
        "note": fit.note_code,
        "log_likelihood": fit.log_likelihood,
        "parameters": {
            name: {"value": value, "standard_error": _finite(errors.get(name))}
            for name, value in fit.model.parameters().items()
        },
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None

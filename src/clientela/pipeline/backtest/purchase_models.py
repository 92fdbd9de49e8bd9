"""The Buy Till You Die models on the past, in weeks as the literature fits them, and judged."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.btyd.candidates import fit_one
from clientela.btyd.choice import ModelChoice, choose_model
from clientela.btyd.frame import Frame, Span, TimeUnit
from clientela.btyd.gamma_gamma import GammaGamma, fit_gamma_gamma
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.btyd.past_dates import PastDate, load_past_dates
from clientela.btyd.simulate import Simulable, simulate_purchases
from clientela.features.btyd import btyd
from clientela.pipeline.backtest.context import BacktestContext
from clientela.pipeline.backtest.holdout import calibration, score_counts
from clientela.statistics.arrays import Doubles, doubles

UNIT: TimeUnit = "weeks"


LEVELS = (0.1, 0.9)  # the ends of an 80 % interval, as all forecasts here have


def fit_purchase_models(context: BacktestContext) -> dict[str, Any]:
    """Fit every model, choose one on the past alone, and judge all once.

    Returns
    -------
    dict
        ``unit``; ``models``, each with ``parameters`` and their standard errors,
        ``log_likelihood``, ``identified``, and ``holdout``, how it foretold the purchase days that
        followed; ``chosen``, the one that the rule picks, with a ``mean`` forecast, corrected by
        ``mean_factor``, and a ``median`` one; and ``purchases``, the days that followed.
    """
    btyd_today, btyd_later = (
        _table(context, day) for day in (context.period.as_of, context.period.upto)
    )
    frame, purchases = Frame.of_btyd(btyd_today, UNIT), _count_purchases(btyd_today, btyd_later)
    choice = choose_model(frame, _past(context), proportion=_proportion(context))
    span = Span.days(context.period.horizon_days)
    order = choice.ordering(frame, span)
    models = [
        _describe_fit(fit, fit.model.name) | {"holdout": _mean(fit.model, frame, span, purchases)}
        for fit in choice.fits
    ]
    return {
        "unit": UNIT,
        "customers": len(frame),
        "purchases": int(purchases.sum()),
        "simulations": [_simulate_fit(fit, frame, span, context.simulations) for fit in choice.fits]
        if context.simulations
        else [],
        "models": [
            *models,
            _describe_fit(fit_gamma_gamma(frame), "gamma_gamma") | {"holdout": None},
        ],
        "chosen": {
            "model": choice.model.name,
            "rule": choice.rule,
            "mean_factor": choice.mean_factor,
            "notes": list(choice.notes),
            "mean": score_counts(_expected_purchases(choice, frame, span), purchases, order),
            "median": score_counts(_median(choice.model, frame, span), purchases, order),
        },
    }


def _simulate_fit(
    fit: Fit[PurchaseModel], frame: Frame, span: Span, simulations: int
) -> dict[str, Any]:
    name = {"model": fit.model.name}
    if not fit.identified:
        return name | {"simulations": 0, "failed": 0}
    return name | recover_parameters(fit, frame, span, simulations)


def _mean(
    model: PurchaseModel, frame: Frame, span: Span, purchases: Doubles
) -> dict[str, float | None]:
    foretold = model.expected_purchases(frame, span)
    return score_counts(foretold, purchases, foretold)


def _expected_purchases(choice: ModelChoice, frame: Frame, span: Span) -> Doubles:
    return choice.model.expected_purchases(frame, span) * choice.mean_factor


def _median(model: PurchaseModel, frame: Frame, span: Span) -> Doubles:
    return model.purchases_within(frame, span, [0.5])[:, 0]


def _table(context: BacktestContext, day: dt.date) -> pa.Table:
    engine = context.future.engine
    cutoffs = engine.to_arrow(btyd(context.workspace.tables(engine), day))
    return cutoffs.sort_by("customer_id")


def _count_purchases(btyd_today: pa.Table, btyd_later: pa.Table) -> Doubles:
    """Count the purchase days of each known customer between the two days."""
    same = btyd_later.take(
        pa.compute.index_in(btyd_today["customer_id"], value_set=btyd_later["customer_id"])
    )
    return doubles(same, "frequency") - doubles(btyd_today, "frequency")


def _past(context: BacktestContext) -> list[PastDate]:
    """Return earlier dates in the past, with what followed them there."""
    cutoffs = load_past_dates(context.past, context.period.horizon_days)
    return [replace(cutoff, frame=cutoff.frame.to(UNIT)) for cutoff in cutoffs]


def _proportion(context: BacktestContext) -> float:
    period = context.period
    return period.horizon_days / (period.as_of - period.first_day).days


def _describe_fit(fit: Fit[PurchaseModel] | Fit[GammaGamma], name: str) -> dict[str, Any]:
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


def recover_parameters(
    fit: Fit[PurchaseModel], frame: Frame, span: Span, simulations: int
) -> dict[str, Any]:
    """Simulate the same customers again and again, fit anew, and compare with the truth.

    Parameters
    ----------
    fit : Fit
        The model that is the truth.
    frame : Frame
        Whose ages the simulated customers have.
    span : Span
        Days after, which the intervals are held against.
    simulations : int
        How often.

    Returns
    -------
    dict
        ``z``: of each parameter mean and spread of (estimate - truth) / standard error, over
        logarithms, which are 0 and 1 where the errors are right; ``calibration`` of P(alive) in
        ten groups of each simulation, averaged over all; ``coverage`` of the customers' 80 %
        intervals, randomised at their ends since counts are whole; ``failed``, fits whose
        parameters the data did not tell.
    """
    end = float(frame.T.max())
    ages = end - frame.T
    scores: list[Doubles] = []
    groups: list[list[dict[str, float | int]]] = []
    covered: list[float] = []
    for seed in range(simulations):
        simulation = simulate_purchases(
            _simulable(fit.model), ages, end + span.to(frame.unit), seed
        )
        observed = simulation.frame(end)
        rows, counts, _ = observed.distinct()
        cutoffs = fit_one(fit.model.name, rows, counts)
        if not cutoffs.identified:
            continue
        scores.append(_scores(fit, cutoffs))
        groups.append(
            calibration(cutoffs.model.p_alive(observed), simulation.alive(end).astype(np.float64))
        )
        purchases = simulation.between(end, end + span.to(frame.unit))
        covered.append(_interval_coverage(cutoffs.model, observed, span, purchases, seed))
    if not scores:
        return {"simulations": simulations, "failed": simulations}
    table = np.stack(scores)
    return {
        "simulations": simulations,
        "failed": simulations - len(scores),
        "z": [
            {"parameter": name, "mean": float(mean), "spread": float(spread)}
            for name, mean, spread in zip(
                fit.model.parameters(), table.mean(axis=0), table.std(axis=0), strict=False
            )
        ],
        "calibration": [_average_group(group) for group in zip(*groups, strict=True)],
        "coverage": float(np.mean(covered)),
    }


def _average_group(group: Sequence[dict[str, float | int]]) -> dict[str, float]:
    """Average a group over simulations; sorted together, they would sort by errors of the fits."""
    return {name: float(np.mean([group[name] for group in group])) for name in group[0]}


def _simulable(model: PurchaseModel) -> Simulable:
    if not isinstance(model, Simulable):
        raise TypeError(f"{model.name} cannot be simulated")
    return model


def _scores(truth: Fit[PurchaseModel], cutoffs: Fit[PurchaseModel]) -> Doubles:
    """Return (estimate - truth) / standard error of each parameter, over logarithms."""
    true_values, estimated = truth.model.parameters(), cutoffs.model.parameters()
    names = [name for name in true_values if name in cutoffs.standard_errors]
    return np.array(
        [
            np.log(estimated[name] / true_values[name])
            * estimated[name]
            / cutoffs.standard_errors[name]
            for name in names
        ]
    )


def _interval_coverage(
    model: PurchaseModel, observed: Frame, span: Span, purchases: Doubles, seed: int
) -> float:
    """Return the share of customers whose count lies between the levels; ties are drawn."""
    above = model.p_at_least(observed, span, purchases)
    beyond = model.p_at_least(observed, span, purchases + 1.0)
    uniform = np.random.default_rng([seed, 21]).random(len(observed))
    quantile = 1.0 - above + uniform * (above - beyond)
    low, high = LEVELS
    return float(((quantile >= low) & (quantile <= high)).mean())

"""Whether the fits find again what is known: customers simulated from each fitted model."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clientela.btyd.candidates import fit_one
from clientela.btyd.frame import Frame, Span
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.btyd.simulate import Simulable, simulate_purchases
from clientela.pipeline.backtest.holdout import calibration
from clientela.statistics.arrays import Doubles

LEVELS = (0.1, 0.9)


def recovered(
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
        made = simulate_purchases(_simulable(fit.model), ages, end + span.to(frame.unit), seed)
        seen = made.frame(end)
        distinct = seen.distinct()
        found = fit_one(fit.model.name, distinct.frame, distinct.counts)
        if not found.identified:
            continue
        scores.append(_scores(fit, found))
        groups.append(calibration(found.model.p_alive(seen), made.alive(end).astype(np.float64)))
        bought = made.between(end, end + span.to(frame.unit))
        covered.append(_covered(found.model, seen, span, bought, seed))
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
        "calibration": [_averaged(group) for group in zip(*groups, strict=True)],
        "coverage": float(np.mean(covered)),
    }


def _averaged(group: Sequence[dict[str, float | int]]) -> dict[str, float]:
    """Average a group over simulations; sorted together, they would sort by errors of the fits."""
    return {name: float(np.mean([one[name] for one in group])) for name in group[0]}


def _simulable(model: PurchaseModel) -> Simulable:
    if not isinstance(model, Simulable):
        raise TypeError(f"{model.name} cannot be simulated")
    return model


def _scores(truth: Fit[PurchaseModel], found: Fit[PurchaseModel]) -> Doubles:
    """Give (estimate - truth) / standard error of each parameter, over logarithms."""
    true, estimated = truth.model.parameters(), found.model.parameters()
    names = [name for name in true if name in found.standard_errors]
    return np.array(
        [
            np.log(estimated[name] / true[name]) * estimated[name] / found.standard_errors[name]
            for name in names
        ]
    )


def _covered(model: PurchaseModel, seen: Frame, span: Span, bought: Doubles, seed: int) -> float:
    """Give the share of customers whose count lies between the levels; ties are drawn."""
    above = model.p_at_least(seen, span, bought)
    beyond = model.p_at_least(seen, span, bought + 1.0)
    drawn = np.random.default_rng([seed, 21]).random(len(seen))
    place = 1.0 - above + drawn * (above - beyond)
    low, high = LEVELS
    return float(((place >= low) & (place <= high)).mean())

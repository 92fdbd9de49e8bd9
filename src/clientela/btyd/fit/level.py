"""By how much the totals of a model's forecasts are to be corrected, told from earlier dates."""

from collections.abc import Sequence

import numpy as np

from clientela.btyd.fit.fit import Fit
from clientela.btyd.fit.past_dates import Past
from clientela.btyd.model import Model
from clientela.btyd.stored import from_json
from clientela.statistics.arrays import Doubles

SPREAD = 0.15
"""Standard deviation, from base to base, of the log error of a total at the proportion asked for,
beyond what chance in the data explains: how wrong models are before anything is known of it."""
MOST = 2.0
STEP = 1e-3
LEAST_PURCHASES = 20.0


def factor(fits: Sequence[Fit[Model]], past: Sequence[Past], proportion: float) -> float:
    """Give what expected purchases are to be multiplied by.

    The logarithm of what came over what was foretold from each earlier date is taken to grow in
    proportion to how daring the forecast was: its span in relation to the history before it. The
    slope is a posterior mean, 0 and ``SPREAD`` before; a date whose parameters were hardly told, or
    after which little came, weighs little; as the dates overlap, all together weigh as one.

    Parameters
    ----------
    fits : sequence of Fit
        The model as fitted on each earlier date; where it was not identified, the date is left out.
    past : sequence of Past
        Those dates.
    proportion : float
        Horizon asked for, in relation to the history before now.

    Returns
    -------
    float
        Between one half and two; 1 where no date tells anything.
    """
    seen = [
        (fit, each)
        for fit, each in zip(fits, past, strict=True)
        if fit.identified and each.purchases.sum() >= LEAST_PURCHASES
    ]
    if not seen:
        return 1.0
    errors, variances = np.array([_error(fit, each) for fit, each in seen]).T
    daring = np.array([each.proportion for _, each in seen]) / proportion
    weights = 1.0 / (len(seen) * variances)
    slope = (weights * daring) @ errors / ((weights * daring) @ daring + SPREAD**-2.0)
    return float(np.exp(np.clip(slope, -np.log(MOST), np.log(MOST))))


def _error(fit: Fit[Model], past: Past) -> tuple[float, float]:
    """Give the log error of a total, and the variance that chance explains."""
    expected = fit.model.expected_purchases(past.frame, past.span)
    foretold, came = expected.sum(), past.purchases.sum()
    slopes = _slopes(fit.model, past, float(foretold))
    chance = ((past.purchases - expected) ** 2).sum() / came**2
    return float(np.log(came / foretold)), float(slopes @ fit.covariance @ slopes + chance)


def _slopes(model: Model, past: Past, foretold: float) -> Doubles:
    """Give the derivatives of the log total by the parameters, as differences."""
    values = list(model.parameters().values())
    found = []
    for position, value in enumerate(values):
        moved = [*values[:position], value * (1.0 + STEP), *values[position + 1 :]]
        total = float(_with(model, moved).expected_purchases(past.frame, past.span).sum())
        found.append((np.log(total) - np.log(foretold)) / (value * STEP))
    return np.array(found)


def _with(model: Model, values: Sequence[float]) -> Model:
    return from_json(model.to_json() | dict(zip(model.parameters(), values, strict=True)))

"""What came of an experiment."""

import datetime as dt
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from clientela.experiments.design import OutcomeName
from clientela.statistics.arrays import Doubles, Mask

LEAST_CUSTOMERS = 2  # an arm: a variance needs two
NOISE = 1e-12  # of the largest value: what rounding leaves of equal ones


@dataclass(frozen=True)
class TreatmentEffect:
    """Treatment less control, a customer.

    Parameters
    ----------
    difference, low, high : float
        In money; the interval holds at 1 - alpha.
    share, share_low, share_high : float or None
        Of the control's mean; None where that is not above 0, the interval also where the
        control's mean cannot be told from 0.
    p_value : float
        Two-sided, by Welch's test; 0 or 1 where nothing varies within arms.
    """

    difference: float
    low: float
    high: float
    share: float | None
    share_low: float | None
    share_high: float | None
    p_value: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, kw_only=True)
class Readout:
    """The arms of an experiment once its days are over.

    Parameters
    ----------
    outcome : str
        What is compared.
    after, upto : datetime.date
        Its days: (after, upto].
    treated, control : int
        Customers of each arm.
    treated_mean, control_mean : float
        The outcome a customer.
    plain, cuped : TreatmentEffect
        The difference, as it is and with the past taken off.
    alpha : float
        Of the intervals.
    variance_reduction : float
        Share of the variance that the past explains.
    missing : int
        Customers drawn who are no longer in the tables.
    """

    outcome: OutcomeName
    after: dt.date
    upto: dt.date
    treated: int
    control: int
    treated_mean: float
    control_mean: float
    plain: TreatmentEffect
    cuped: TreatmentEffect
    alpha: float
    variance_reduction: float
    missing: int

    def facts(self) -> dict[str, Any]:
        """Return the read-out as JSON holds it."""
        return asdict(self)


def compare_arms(
    treated: Mask,
    before: Doubles,
    values: Doubles,
    *,
    outcome: OutcomeName = "revenue",
    days: tuple[dt.date, dt.date],
    alpha: float,
    missing: int,
) -> Readout:
    """Compare the arms, of :data:`LEAST_CUSTOMERS` each at least.

    Parameters
    ----------
    treated : array of bool
        The arm of each customer.
    before : array of shape (customers, covariates)
        What is known of each from before the experiment: the same outcome, expected revenue.
    values : array of float
        The outcome of each in the experiment.
    outcome : str
        Which it is.
    days : pair of datetime.date
        The day before the first, and the last.
    alpha : float
        Of the intervals.
    missing : int
        Customers drawn who are no longer in the tables.
    """
    residual = remove_past(values, before, treated)
    largest = float(np.abs(values).max())
    variance = sum(float(values[arm].var()) for arm in (treated, ~treated))
    unexplained = sum(float(residual[arm].var()) for arm in (treated, ~treated))
    return Readout(
        outcome=outcome,
        after=days[0],
        upto=days[1],
        treated=int(treated.sum()),
        control=int((~treated).sum()),
        treated_mean=float(values[treated].mean()),
        control_mean=float(values[~treated].mean()),
        plain=estimate_effect(values[treated], values[~treated], alpha),
        cuped=estimate_effect(residual[treated], residual[~treated], alpha, largest),
        alpha=alpha,
        variance_reduction=1 - unexplained / variance if variance > 0 else 0.0,
        missing=missing,
    )


def estimate_effect(
    treated: Doubles, control: Doubles, alpha: float = 0.05, largest: float | None = None
) -> TreatmentEffect:
    """Compare the means of two arms by Welch's interval.

    The share is a ratio of means; its interval is Fieller's, which leaves out 0 where the interval
    in money does.

    Parameters
    ----------
    treated, control : array of float
        A value a customer, at least two each.
    alpha : float
        Chance to see an effect where there is none.
    largest : float, optional
        The largest value that they were worked out from, which rounding is a part of; their own
        if absent.

    References
    ----------
    Welch (1947), The generalization of "Student's" problem when several different population
    variances are involved, doi:10.1093/biomet/34.1-2.28.
    Fieller (1954), Some problems in interval estimation, doi:10.1111/j.2517-6161.1954.tb00159.x.
    """
    if largest is None:
        largest = float(max(np.abs(treated).max(), np.abs(control).max()))
    noise = NOISE * largest
    difference = float(treated.mean() - control.mean())
    errors = [float(arm.var(ddof=1)) / len(arm) for arm in (treated, control)]
    error = math.sqrt(sum(errors))
    if error <= noise:
        return _constant(difference, float(control.mean()), noise)
    freedom = sum(errors) ** 2 / sum(
        error**2 / (len(arm) - 1) for error, arm in zip(errors, (treated, control), strict=True)
    )
    reach = float(stdtrit(freedom, 1 - alpha / 2))
    p_value = float(2 * stdtr(freedom, -abs(difference) / error))
    return TreatmentEffect(
        difference,
        difference - reach * error,
        difference + reach * error,
        *_share(treated, control, reach),
        p_value,
    )


def _constant(difference: float, base: float, noise: float) -> TreatmentEffect:
    """Compare arms in which nothing varies: they differ for certain, or are the same."""
    if abs(difference) <= noise:
        difference = 0.0
    share = difference / base if base > noise else None
    return TreatmentEffect(
        difference, difference, difference, share, share, share, 1.0 if difference == 0 else 0.0
    )


def _share(
    treated: Doubles, control: Doubles, reach: float
) -> tuple[float | None, float | None, float | None]:
    """Return the ratio of the means less 1, and the ratios that Welch's test would not reject."""
    mean, base = float(treated.mean()), float(control.mean())
    if base <= 0:
        return None, None, None
    squares = [reach**2 * float(arm.var(ddof=1)) / len(arm) for arm in (treated, control)]
    scale = base**2 - squares[1]
    if scale <= 0:  # the control's mean may be 0: no ratio can be ruled out
        return mean / base - 1, None, None
    width = math.sqrt(max((mean * base) ** 2 - scale * (mean**2 - squares[0]), 0.0))
    return mean / base - 1, (mean * base - width) / scale - 1, (mean * base + width) / scale - 1


def remove_past(values: Doubles, before: Doubles, treated: Mask) -> Doubles:
    """Take off what the past explains, which no treatment can have caused.

    Parameters
    ----------
    values : array of float
        Each customer's outcome in the experiment.
    before : array of shape (customers,) or (customers, covariates)
        What is known of each from before.
    treated : array of bool
        The arm of each, so that the slopes are those within arms.

    References
    ----------
    Deng, Xu, Kohavi, Walker (2013), doi:10.1145/2433396.2433413.
    """
    covariates = before.astype(np.float64).reshape(len(values), -1)
    inside = covariates.copy()
    for arm in (treated, ~treated):
        inside[arm] -= inside[arm].mean(axis=0)
    varying = inside.std(axis=0) > NOISE * np.maximum(np.abs(covariates).max(axis=0), 1.0)
    if not varying.any():
        return values
    slopes = np.linalg.lstsq(inside[:, varying], values, rcond=None)[0]
    residual: Doubles = values - (covariates - covariates.mean(axis=0))[:, varying] @ slopes
    return residual

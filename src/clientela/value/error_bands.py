"""How far outcomes lay from past forecasts of a total, as one factor up and down."""

import datetime as dt
import math
from collections.abc import Sequence

from clientela.contract.programme import MONTH_DAYS

YEAR_OF_MONTHS_DAYS = 12 * MONTH_DAYS
"""A year in the months in which groups are forecast."""
ROUNDING = 1e-9  # what floating point leaves of equal numbers

PastForecast = tuple[dt.date, float, float]
"""A past day, what was forecast on it and what came, both above 0."""


def measure_band(ratios: Sequence[float], level: float) -> tuple[float, float]:
    """Return the factor within which outcomes lie, and the level that so many dates can claim.

    The k-th smallest of n errors as logarithms holds with probability k / (n + 1) at least, if
    past errors and the next one are exchangeable.

    References
    ----------
    Vovk, Gammerman, Shafer (2005), Algorithmic learning in a random world, doi:10.1007/b106715.
    Lei et al. (2018), Distribution-free predictive inference for regression,
    doi:10.1080/01621459.2017.1307116.

    Examples
    --------
    >>> measure_band([0.8, 1.0, 1.25, 1.1], 0.8)
    (1.25, 0.8)
    """
    scores = sorted(abs(math.log(ratio)) for ratio in ratios)
    rank = min(math.ceil((len(scores) + 1) * level - ROUNDING), len(scores))
    return math.exp(scores[rank - 1]), rank / (len(scores) + 1)


def count_hits(ratios: Sequence[float], level: float) -> int:
    """Count the outcomes inside the interval that all other dates make.

    Examples
    --------
    >>> count_hits([0.8, 1.0, 1.25, 2.0], 0.8)
    3
    """
    inside = 0
    for position, ratio in enumerate(ratios):
        other_ratios = [*ratios[:position], *ratios[position + 1 :]]
        inside += bool(other_ratios) and (
            abs(math.log(ratio)) <= math.log(measure_band(other_ratios, level)[0]) + ROUNDING
        )
    return inside


def select_apart(past: Sequence[PastForecast], days: int) -> list[PastForecast]:
    """Select dates whose horizons share no day, the latest first."""
    apart: list[PastForecast] = []
    for error in past:
        if not apart or (apart[-1][0] - error[0]).days >= days:
            apart.append(error)
    return apart


def select_year(past: Sequence[PastForecast], days: int) -> list[PastForecast]:
    """Select dates that share no day where together they hold a year; else none.

    Errors of a part of the year say nothing of a forecast without a season in the rest of it. Of
    the days that the dates can begin on, the one with the largest error is taken: which day a run
    is of narrows no interval.
    """
    starts = sum((past[0][0] - day).days < days for day, _, _ in past)
    phases = [select_apart(past[start:], days) for start in range(starts)]
    years = [phase for phase in phases if len(phase) * days >= YEAR_OF_MONTHS_DAYS]
    return max(years, key=_find_largest_error, default=[])


def _find_largest_error(past: Sequence[PastForecast]) -> float:
    return max(
        abs(math.log(came / predicted)) if came > 0 else math.inf for _, predicted, came in past
    )


def sum_errors(past: Sequence[PastForecast]) -> tuple[float | None, float | None]:
    """Return the bias of all forecasts together, and the mean absolute error as a share."""
    came = math.fsum(outcome for _, _, outcome in past)
    predicted = math.fsum(forecast for _, forecast, _ in past)
    misses = [abs(forecast / outcome - 1) for _, forecast, outcome in past if outcome > 0]
    bias = predicted / came - 1 if came > 0 else None
    return bias, math.fsum(misses) / len(misses) if misses else None

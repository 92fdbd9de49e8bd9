"""What groups will bring: customers known today, those still to come, and everyone.

The interval is made of past errors of such totals, never of customers' intervals: customers err
together, by season. What is expected of newcomers goes by their share in what followed past dates.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from clientela.value.fit.level import RevenueLevels, RevenueTotal

GROUPS = ("known", "new", "everyone")
LEAST_DATES = 4
LEAST_RANGE = 2


@dataclass(frozen=True, kw_only=True)
class GroupForecast:
    """A forecast of a group, and what its past errors show.

    Parameters
    ----------
    group : {"known", "new", "everyone"}
        Whom it is of.
    days : int
        The horizon.
    expected, low, high : float or None
        In money.
    level : float or None
        How often such an interval holds; None where the history is too short to claim one, and the
        bounds, if any, are the range of past errors, drawn out to the forecast where all of them
        went the same way.
    method : str
        The simple forecast of most weight.
    hits : int or None
        Past outcomes inside the interval made of the other dates, where a level is claimed.
    dates : int
        Past dates it was measured on.
    bias, error : float or None
        All forecasts over all outcomes less 1; mean absolute error as a share.
    """

    group: str
    days: int
    expected: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str = "recent"
    hits: int | None = None
    dates: int = 0
    bias: float | None = None
    error: float | None = None


def group_forecasts(levels: RevenueLevels, day: dt.date, level: float) -> list[GroupForecast]:
    """Forecast each group from a day."""
    total = levels.total(day)
    if total is None:
        return [
            GroupForecast(group=group, days=levels.firm.days, expected=None) for group in GROUPS
        ]
    return [_group(levels, day, group, total, level) for group in GROUPS]


def of_pairs(
    expected: float | None, days: int, method: str, pairs: Sequence[tuple[float, float]]
) -> GroupForecast:
    """Forecast the known customers, with the range of errors of past (forecast, outcome) pairs."""
    pairs = [one for one in pairs if min(one) > 0]
    ratios = [came / told for told, came in pairs]
    found = GroupForecast(group="known", days=days, expected=expected, method=method)
    if expected is None or len(ratios) < LEAST_RANGE:
        return found
    low, high, _ = _bounds(expected, ratios, (), 1.0)
    return replace(
        found,
        low=low,
        high=high,
        dates=len(ratios),
        bias=math.fsum(told for told, _ in pairs) / math.fsum(came for _, came in pairs) - 1.0,
        error=math.fsum(abs(1 / one - 1) for one in ratios) / len(ratios),
    )


def _group(
    levels: RevenueLevels, day: dt.date, group: str, total: RevenueTotal, level: float
) -> GroupForecast:
    past = [
        (date, _expected(then, group), _came(levels, date, group))
        for date in levels.known_by(day)
        if levels.known_by(date) and (then := levels.total(date)) is not None
    ]
    # no factor leads from a forecast of nothing to what came all the same
    surprised = any(told <= 0 < came for _, told, came in past)
    past = [] if surprised else [one for one in past if one[1] > 0 and one[2] > 0]
    ratios = [came / told for _, told, came in past]
    apart = [came / told for _, told, came in _apart(past, levels.firm.days)]
    expected = _expected(total, group)
    low, high, claimed = _bounds(expected, ratios, apart, level)
    told, came = math.fsum(one[1] for one in past), math.fsum(one[2] for one in past)
    return GroupForecast(
        group=group,
        days=levels.firm.days,
        expected=expected,
        low=low,
        high=high,
        level=claimed,
        method=max(total.weights, key=lambda name: total.weights[name]),
        hits=None if claimed is None else hits(apart, level),
        dates=len(past) if claimed is None else len(apart),
        bias=told / came - 1.0 if came > 0 else None,
        error=math.fsum(abs(1 / one - 1) for one in ratios) / len(ratios) if ratios else None,
    )


def _bounds(
    expected: float, ratios: Sequence[float], apart: Sequence[float], level: float
) -> tuple[float | None, float | None, float | None]:
    if len(apart) >= LEAST_DATES:
        widest, claimed = band(apart, level)
        return expected / widest, expected * widest, claimed
    if len(ratios) >= LEAST_RANGE:
        return expected * min(1.0, *ratios), expected * max(1.0, *ratios), None
    return None, None, None


def band(ratios: Sequence[float], level: float) -> tuple[float, float]:
    """Give the factor within which outcomes lie, and the level that so many dates can claim.

    The k-th smallest of n errors as logarithms holds with probability k / (n + 1) at least.

    References
    ----------
    Lei et al. (2018), Distribution-free predictive inference for regression,
    doi:10.1080/01621459.2017.1307116.

    Examples
    --------
    >>> band([0.8, 1.0, 1.25, 1.1], 0.8)
    (1.25, 0.8)
    """
    scores = sorted(abs(math.log(ratio)) for ratio in ratios)
    rank = min(math.ceil((len(scores) + 1) * level - 1e-9), len(scores))
    return math.exp(scores[rank - 1]), rank / (len(scores) + 1)


def hits(ratios: Sequence[float], level: float) -> int:
    """Count the outcomes inside the interval that all other dates make.

    Examples
    --------
    >>> hits([0.8, 1.0, 1.25, 2.0], 0.8)
    3
    """
    inside = 0
    for at, ratio in enumerate(ratios):
        widest, _ = band([*ratios[:at], *ratios[at + 1 :]], level)
        inside += abs(math.log(ratio)) <= math.log(widest) + 1e-12
    return inside


def _apart(
    past: Sequence[tuple[dt.date, float, float]], days: int
) -> list[tuple[dt.date, float, float]]:
    """Take dates whose horizons share no day, the latest first."""
    taken: list[tuple[dt.date, float, float]] = []
    for one in past:
        if not taken or (taken[-1][0] - one[0]).days >= days:
            taken.append(one)
    return taken


def _expected(total: RevenueTotal, group: str) -> float:
    factor = {"known": 1.0, "new": total.newcomers, "everyone": 1.0 + total.newcomers}
    return total.expected * factor[group]


def _came(levels: RevenueLevels, date: dt.date, group: str) -> float:
    known, everyone = levels.firm.known_ahead(date), levels.firm.ahead(date)
    return {"known": known, "new": everyone - known, "everyone": everyone}[group]

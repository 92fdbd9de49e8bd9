"""The interval of a customer's revenue, by split conformal prediction within groups of like ones.

The scores are outcomes over their date's mean on dates that neither tuned nor chose the model,
times what the mean itself may be out. They are taken within groups of like forecasts (Mondrian), so
that large customers get wide intervals.
Most customers buy nothing: where more than the lower tail did, the interval begins at 0 and all of
the level lies above.

References
----------
Vovk, Gammerman, Shafer (2005), Algorithmic learning in a random world, doi:10.1007/b106715.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.curve import Curve
from clientela.value.fit.backtest import BacktestDay
from clientela.value.score.forecasts import RevenueInterval

GROUPS = 10  # by convention, tenths of the customers
COMMON = np.asarray([-1.2816, -0.5244, 0.0, 0.5244, 1.2816])  # quantiles .1, .3, … of a normal
LEAST = 20  # customers of a group; by convention: fewer have no 10 % and 90 % quantiles


@dataclass(frozen=True, eq=False)
class ConformalBounds:
    """An interval and, for judging it, how many of like customers brought nothing.

    Parameters
    ----------
    interval : RevenueInterval
        Bounds over the mean forecast.
    nothing : Curve
        Share of customers that brought nothing, over the mean forecast.
    level : float
        What the interval claims.
    """

    interval: RevenueInterval
    nothing: Curve
    level: float

    def inside(self, predicted: Doubles, came: Doubles) -> Doubles:
        """Return how far each outcome counts as inside, 0 to 1; all in the unit of the date.

        Where more customers bring nothing than the level, the interval is nothing, and holds too
        many: an outcome of nothing then counts as often as a draw would take it.
        """
        lower, upper = self.interval
        low = np.minimum(lower.at(predicted), predicted)
        high = np.maximum(upper.at(predicted), predicted)
        inside = ((came >= low) & (came <= high)).astype(np.float64)
        tied = upper.at(predicted) <= 0.0
        often = self.level / np.maximum(self.nothing.at(predicted), self.level)
        return np.where(tied, (came <= 0.0) * often, inside)


def fit_bounds(
    predicted: Doubles, came: Doubles, level: float, spread: float
) -> ConformalBounds | None:
    """Make the interval of customers' errors and of their common one; None without enough.

    Parameters
    ----------
    predicted, came : array of float
        Forecasts and outcomes over the mean of their date.
    level : float
        How often it holds.
    spread : float
        Standard deviation of the logarithm of the level: a date's customers err together, and few
        dates show by how much.
    """
    together = np.exp(spread * COMMON)
    predicted = np.tile(predicted, len(together))
    came = np.concatenate([came * factor for factor in together])
    groups = min(GROUPS, len(predicted) // LEAST)
    if not groups:
        return None
    split = np.array_split(np.argsort(predicted, kind="stable"), groups)
    knots = np.asarray([predicted[rows].mean() for rows in split])
    ends = np.asarray([_ends(came[rows], level) for rows in split])
    nothing = np.asarray([np.mean(came[rows] <= 0.0) for rows in split])
    keep = np.append(np.diff(knots) > 0, True)
    ends = np.maximum.accumulate(ends[keep])
    x = knots[keep]
    interval = (Curve(x, ends[:, 0].copy()), Curve(x, ends[:, 1].copy()))
    flat = Curve(np.append(x, np.inf), np.append(nothing[keep], nothing[keep][-1]))
    return ConformalBounds(interval, flat, level)


def stack_errors(attempts: Sequence[BacktestDay], model: str) -> tuple[Doubles, Doubles] | None:
    """Return forecasts and outcomes over the mean of each date; None without dates."""
    pairs = [
        (entry.mean[model], np.maximum(entry.revenue, 0.0))
        for entry in attempts
        if model in entry.mean
    ]
    pairs = [pair for pair in pairs if min(pair[0].sum(), pair[1].sum()) > 0]
    if not pairs:
        return None
    stacked = [
        np.concatenate([side / side.mean() for side in sides]) for sides in zip(*pairs, strict=True)
    ]
    return stacked[0], stacked[1]


def stack_over_unit(attempts: Sequence[BacktestDay], model: str) -> tuple[Doubles, Doubles]:
    """Return forecasts and outcomes over the unit forecast for each date."""
    predicted, came = [np.zeros(0)], [np.zeros(0)]
    for backtest in attempts:
        if model in backtest.mean:
            predicted.append(backtest.mean[model] / backtest.day_forecasts.day.unit)
            came.append(np.maximum(backtest.revenue, 0.0) / backtest.day_forecasts.day.unit)
    return np.concatenate(predicted), np.concatenate(came)


def _ends(came: Doubles, level: float) -> tuple[float, float]:
    tail = (1.0 - level) / 2.0
    if float(np.mean(came <= 0.0)) >= tail:
        return 0.0, _upper(came, level)
    return float(np.quantile(came, tail)), _upper(came, 1.0 - tail)


def _upper(came: Doubles, level: float) -> float:
    """Return the k-th smallest, k = ceil((n + 1) level)."""
    rank = min(int(np.ceil((len(came) + 1) * level)), len(came))
    return float(np.sort(came)[rank - 1])

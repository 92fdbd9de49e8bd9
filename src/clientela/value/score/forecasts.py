"""The forecasts of revenue that may serve: naive ones, BTYD, and two kinds of boosted trees.

Each gives a ``shape``: who brings more than whom. What all bring together is the firm's matter
(season, growth), so a shape is brought to the level forecast for all, by one factor of the model.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.statistics.curve import Curve
from clientela.value.score.inputs import ValueInputs
from clientela.value.score.trees import ValueTrees


class RevenueForecast:
    """A forecast of each customer's revenue within the horizon; the base class of all.

    Attributes
    ----------
    name : str
        Name in the tables of results.
    naive : bool
        Whether it repeats the customer's own past.
    """

    name: str
    naive = False

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return the expected revenue of every row, not yet at the firm's level."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        """Return the numbers to store."""
        return {}

    def arrays(self) -> dict[str, Any]:
        """Return the arrays to store."""
        return {}


class LastPeriodForecast(RevenueForecast):
    """The last period again, times a factor: 1, or what the season made of it a year ago.

    Parameters
    ----------
    name : {"last_period", "seasonal"}
        With which factor.
    window_days : float
        Days of data in the window.
    factor : float
        What the revenue of the window is multiplied by.
    window : int or None
        The window, one of the catalogue's; that nearest to the days learnt on if None.
    """

    naive = True

    def __init__(
        self, name: str, window_days: float, factor: float = 1.0, window: int | None = None
    ) -> None:
        self.name = name
        self.window_days, self.factor, self.window = window_days, factor, window

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return the revenue of the last period times the factor."""
        return inputs.last_period(self.window_days, self.window) * self.factor

    def to_json(self) -> dict[str, Any]:
        """Return the numbers to store."""
        return {"window_days": self.window_days, "factor": self.factor, "window": self.window}


class LifetimeRateForecast(RevenueForecast):
    """The rate since the first order, for as many days as the horizon has."""

    name = "lifetime_rate"
    naive = True

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return revenue a day times the days."""
        return inputs.lifetime_rate()


class ZeroForecast(RevenueForecast):
    """Nobody brings anything: the median of a firm where few buy within the horizon."""

    name = "nothing"
    naive = True

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return zeros."""
        return np.zeros(len(inputs))


class BtydForecast(RevenueForecast):
    """Expected purchase days times the expected revenue of one."""

    name = "btyd"

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return the expected revenue; the BTYD model itself is part of every value model."""
        return inputs.purchases.revenue


class TweedieForecast(RevenueForecast):
    """Boosted trees of a compound Poisson-gamma variable: zeros and amounts in one.

    References
    ----------
    Jorgensen (1987), Exponential dispersion models, doi:10.1111/j.2517-6161.1987.tb01685.x.
    """

    name = "tweedie"

    def __init__(self, trees: ValueTrees) -> None:
        self.trees = trees

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return the expected revenue, over the mean of a past date."""
        return np.exp(inputs.raw(self.trees))

    def arrays(self) -> dict[str, Any]:
        """Return the trees."""
        return {"tweedie": self.trees.text}


class TwoStageForecast(RevenueForecast):
    """Whether a customer buys, and how much if so: two boosted models.

    Parameters
    ----------
    buys : BoostedTrees
        Log-odds of buying, less those of all customers of the date.
    amount : BoostedTrees
        Logarithm of the revenue of buyers, over their mean of the date.
    residuals : array of shape (quantiles,)
        Quantiles of the logarithm's errors, evenly from the least to the largest.
    log_odds : float
        Of buying within the horizon, such that the customers of the model's day buy as often as
        expected.
    """

    name = "two_stage"

    def __init__(
        self,
        buys: ValueTrees,
        amount: ValueTrees,
        residuals: Doubles,
        log_odds: float = 0.0,
    ) -> None:
        self.buys, self.amount = buys, amount
        self.residuals, self.log_odds = residuals, log_odds

    def p_buys(self, inputs: ValueInputs) -> Doubles:
        """Return the probability of a net revenue above 0."""
        return 1.0 / (1.0 + np.exp(-(inputs.raw(self.buys) + self.log_odds)))

    def shape(self, inputs: ValueInputs) -> Doubles:
        """Return probability times amount."""
        return self.p_buys(inputs) * np.exp(inputs.raw(self.amount)) * self.smearing

    def median(self, inputs: ValueInputs) -> Doubles:
        """Return the median in the same measure: 0 where buying is less likely than not."""
        p = self.p_buys(inputs)
        level = 1.0 - 0.5 / np.maximum(p, 0.5)
        grid = np.linspace(0.0, 1.0, len(self.residuals))
        error = np.interp(level, grid, self.residuals)
        return np.where(p > 0.5, np.exp(inputs.raw(self.amount) + error), 0.0)

    @property
    def smearing(self) -> float:
        """Mean of the errors' exponentials.

        References
        ----------
        Duan (1983), Smearing estimate: a nonparametric retransformation method,
        doi:10.1080/01621459.1983.10478017.
        """
        return float(np.mean(np.exp(self.residuals)))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers to store."""
        return {"log_odds": self.log_odds}

    def arrays(self) -> dict[str, Any]:
        """Return both models and the errors."""
        return {"buys": self.buys.text, "amount": self.amount.text, "residuals": self.residuals}


@dataclass(frozen=True, eq=False)
class ScaledForecast:
    """A forecast brought to the level forecast for all customers.

    Parameters
    ----------
    forecast : RevenueForecast
        Who brings more than whom.
    scale : float
        Factor to money.
    """

    forecast: RevenueForecast
    scale: float

    def times(self, factor: float) -> "ScaledForecast":
        """Return the forecast at another level; a naive one stays as it is."""
        scale = self.scale if self.forecast.naive else self.scale * factor
        return ScaledForecast(self.forecast, scale)

    def revenue(self, inputs: ValueInputs) -> Doubles:
        """Return the expected revenue of every row.

        Who gave everything back is expected to bring nothing, and a wholesale buyer the own pace:
        what a model of the crowd says of one so large is a guess.
        """
        revenue = self.forecast.shape(inputs) * self.scale
        if not self.forecast.naive and inputs.is_wholesale.any():
            revenue = np.where(inputs.is_wholesale, inputs.purchases.revenue, revenue)
        return np.where(inputs.keeps_nothing, 0.0, revenue)


@dataclass(frozen=True, eq=False)
class MedianForecast:
    """A median forecast.

    Parameters
    ----------
    scaled : ScaledForecast
        What it is made of.
    curve : Curve or None
        Median over mean forecast, both in units of ``ValueModel.unit``; None where the forecast
        has a median of its own or is taken as it is.
    parts : tuple of MedianForecast
        Those whose mean it is; none where it stands alone.
    """

    scaled: ScaledForecast
    curve: Curve | None = None
    parts: tuple["MedianForecast", ...] = ()

    def times(self, factor: float) -> "MedianForecast":
        """Return the forecast at another level; a naive one stays as it is."""
        parts = tuple(part.times(factor) for part in self.parts)
        return MedianForecast(self.scaled.times(factor), self.curve, parts)

    def revenue(self, inputs: ValueInputs, unit: float) -> Doubles:
        """Return the median revenue of every row."""
        if self.parts:
            blend: Doubles = np.mean([part.revenue(inputs, unit) for part in self.parts], axis=0)
            return blend
        forecast, mean = self.scaled.forecast, self.scaled.revenue(inputs)
        if self.curve is not None:
            median = self.curve.at(mean / unit) * unit
        elif isinstance(forecast, TwoStageForecast):
            median = forecast.median(inputs) * self.scaled.scale
        else:
            return mean
        median = np.where(inputs.keeps_nothing, 0.0, median)
        return np.where(inputs.is_wholesale, mean, median)


RevenueInterval = tuple[Curve, Curve]
"""Lower and upper bound of the revenue over the mean forecast, in units of ``ValueModel.unit``."""

"""The parts of the value model: a forecast at the firm's level, its median, its interval."""

from dataclasses import dataclass

from clientela.statistics.arrays import Doubles
from clientela.statistics.curve import Curve
from clientela.value.score.forecasts import Forecast, TwoStage
from clientela.value.score.inputs import Inputs


@dataclass(frozen=True, eq=False)
class Scaled:
    """A forecast brought to the level foretold for all customers.

    Parameters
    ----------
    forecast : Forecast
        Who brings more than whom.
    scale : float
        Factor to money.
    """

    forecast: Forecast
    scale: float

    def revenue(self, inputs: Inputs) -> Doubles:
        """Give the expected revenue of every row."""
        return self.forecast.shape(inputs) * self.scale


@dataclass(frozen=True, eq=False)
class Likely:
    """A median forecast.

    Parameters
    ----------
    scaled : Scaled
        What it is made of.
    curve : Curve or None
        Median over mean forecast, both in units of ``ValueModel.unit``; None where the forecast
        has a median of its own or is taken as it is.
    """

    scaled: Scaled
    curve: Curve | None = None

    def revenue(self, inputs: Inputs, unit: float) -> Doubles:
        """Give the median revenue of every row."""
        forecast = self.scaled.forecast
        if self.curve is not None:
            return self.curve.at(self.scaled.revenue(inputs) / unit) * unit
        if isinstance(forecast, TwoStage):
            return forecast.median(inputs) * self.scaled.scale
        return self.scaled.revenue(inputs)


@dataclass(frozen=True, eq=False)
class Interval:
    """Bounds of the revenue over the mean forecast, all in units of ``ValueModel.unit``.

    Parameters
    ----------
    low, high : Curve
        Bounds.
    """

    low: Curve
    high: Curve

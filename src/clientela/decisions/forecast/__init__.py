"""What a group of customers will bring, with an interval made from past errors of such groups.

Start at :mod:`clientela.decisions.forecast.table`.
"""

from clientela.decisions.forecast.table import FORECAST, forecast

__all__ = ["FORECAST", "forecast"]

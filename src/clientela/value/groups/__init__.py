"""What a group of customers will bring, with an interval made from past errors of such groups.

Start at :mod:`clientela.value.groups.table`.
"""

from clientela.value.groups.table import FORECAST, forecast

__all__ = ["FORECAST", "forecast"]

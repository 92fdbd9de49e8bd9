"""Customer lifetime value: what the purchases of a horizon are worth today."""

import numpy as np

from clientela.btyd.frame import Frame
from clientela.btyd.model import Model
from clientela.btyd.span import Span
from clientela.statistics.arrays import Doubles

PARTS = 4
YEAR_DAYS = 365.25


def clv(model: Model, frame: Frame, spend: Doubles, horizon: Span, yearly_rate: float) -> Doubles:
    """Give the discounted value of the purchases expected within a horizon.

    ``CLV = spend * sum_i (E(t_i) - E(t_{i-1})) / (1 + rate) ** ((t_i + t_{i-1}) / 2)``, with t in
    years, over four equal parts of the horizon; E(t) are the purchases expected within t, and money
    of a part counts as earned in its middle.

    Parameters
    ----------
    model : Model
        The fitted model of purchases.
    frame : Frame
        The customers, in the model's unit.
    spend : array of shape (customers,)
        Expected money of a purchase day.
    horizon : Span
        How far ahead.
    yearly_rate : float
        Discount rate of a year, such as 0.10.

    Returns
    -------
    array of shape (customers,)
        Money.
    """
    days = horizon.to("days") * np.arange(1, PARTS + 1) / PARTS
    total, before = np.zeros(len(frame)), np.zeros(len(frame))
    for end in days:
        middle = (end - days[0] / 2.0) / YEAR_DAYS
        until = model.expected_purchases(frame, Span.days(float(end)))
        total += (until - before) * (1.0 + yearly_rate) ** -middle
        before = until
    return total * spend

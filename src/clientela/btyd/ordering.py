"""What orders customers by who buys within a horizon."""

import numpy as np

from clientela.btyd.frame import Frame
from clientela.btyd.model import Model
from clientela.btyd.span import Span
from clientela.statistics.arrays import Doubles


def ordering(model: Model, frame: Frame, horizon: Span, several: int) -> Doubles:
    """Give the chance of several purchases, or where that is 0 the expected number.

    The chance of one purchase puts a steady customer before a busy one who may have left; that of
    several weighs both. Which of them orders best is told by earlier dates.

    Parameters
    ----------
    model : Model
        Of purchase days.
    frame : Frame
        The customers, in the model's unit.
    horizon : Span
        Within which they may buy.
    several : int
        Purchases whose chance is given; 0 for the expected number.
    """
    if not several:
        return model.expected_purchases(frame, horizon)
    return model.p_at_least(frame, horizon, np.full(len(frame), float(several)))

"""Forecasts of the parts of the firm, brought to what is forecast of the whole."""

import math
from collections.abc import Sequence
from dataclasses import replace

from clientela.value.groups.sentences import Forecast


def adding_up(parts: Sequence[Forecast], whole: Forecast) -> list[Forecast]:
    """Scale the parts alike, so that together they say what is said of the whole.

    Each group has a forecaster and a correction of its own, so that parts miss the whole by some
    per cent. Their ranges move with them: past errors are shares of a forecast. A part that claims
    a level keeps what it claims it of, and then nothing is scaled.

    Parameters
    ----------
    parts : sequence of Forecast
        Of groups that share no customer and are together the whole, over one horizon.
    whole : Forecast
        Of everyone, over the same horizon.

    References
    ----------
    Gross & Sohl (1990), Disaggregation methods to expedite product line forecasting, Journal of
    Forecasting 9(3), doi:10.1002/for.3980090304.
    """
    told = [part.expected for part in parts if part.expected is not None and part.expected >= 0]
    total = math.fsum(told)
    claimed = any(part.measurable for part in parts)
    if claimed or len(told) < len(parts) or total <= 0 or (whole.expected or 0.0) <= 0:
        return list(parts)
    return [_scaled(part, (whole.expected or 0.0) / total) for part in parts]


def _scaled(part: Forecast, factor: float) -> Forecast:
    return replace(
        part,
        expected=_times(part.expected, factor),
        low=_times(part.low, factor),
        high=_times(part.high, factor),
    )


def _times(amount: float | None, factor: float) -> float | None:
    return None if amount is None else amount * factor

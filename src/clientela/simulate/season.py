"""The season: how busy each day is, and the time of day of an order.

A Poisson process whose rate follows the season is a plain one in *operational time*: the running
total of the days' intensities. Purchases are drawn there and carried back to the calendar.
"""

import datetime as dt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKDAYS = np.array([1.0, 1.1, 1.1, 1.25, 0.95, 0.1, 0.8])
"""Monday to Sunday; the shop hardly sells on Saturdays."""

HOURS = np.array([0] * 6 + [1, 2, 7, 12, 15, 16, 18, 15, 13, 12, 8, 5, 3, 2, 1] + [0] * 3) / 130
"""Shares of the hours of the day."""

CLOSED = ((12, 25), (12, 26), (1, 1))  # month and day: Christmas, Boxing Day, New Year


def intensity(start: dt.date, days: int, strength: float) -> Floats:
    """Tell how busy each day is against an average day.

    Parameters
    ----------
    strength : float
        0 gives 1 for every day; 1 the shop's season; more exaggerates it.

    Examples
    --------
    >>> flat = intensity(dt.date(2011, 11, 1), 3, 0.0)
    >>> flat.tolist()
    [1.0, 1.0, 1.0]
    >>> year = intensity(dt.date(2011, 1, 1), 365, 1.0)
    >>> bool(year[320] > 1.7 and year[358] == 0.0)
    True
    """
    dates = [start + dt.timedelta(days=day) for day in range(days)]
    weekly = WEEKDAYS[[date.weekday() for date in dates]]
    closed = np.array([(date.month, date.day) in CLOSED for date in dates])
    raw = np.where(closed, 0.0, weekly * _yearly(dates))
    powered = raw**strength
    return np.asarray(powered / _norm(strength), dtype=np.float64)


def _yearly(dates: list[dt.date]) -> Floats:
    """Compute the Christmas peak around the end of November, and the quiet after it."""
    day = np.array([date.timetuple().tm_yday for date in dates], dtype=np.float64)
    christmas = 1.2 * np.exp(-(((day - 325.0) / 28.0) ** 2))
    quiet = 0.3 * np.exp(-(((day - 15.0) / 25.0) ** 2))
    return np.asarray(0.8 + christmas - quiet, dtype=np.float64)


def _norm(strength: float) -> float:
    """Mean of the powered season over one common year, so that rates keep their meaning."""
    dates = [dt.date(2011, 1, 1) + dt.timedelta(days=day) for day in range(364)]
    weekly = WEEKDAYS[[date.weekday() for date in dates]]
    return float(np.mean((weekly * _yearly(dates)) ** strength))


def build_clock(start: dt.date, days: int, strength: float) -> Floats:
    """Compute the operational time at the beginning of each day, and at the end of the last."""
    return np.concatenate([[0.0], np.cumsum(intensity(start, days, strength))])


def to_operational(days: Floats, clock: Floats) -> Floats:
    """Compute the operational time of moments in days since the start."""
    return np.interp(days, np.arange(len(clock)), clock)


def to_calendar(operational: Floats, clock: Floats) -> Floats:
    """Compute the moments in days since the start of operational times."""
    return np.interp(operational, clock, np.arange(len(clock)))


def seconds_of_day(orders: int, rng: np.random.Generator) -> Ints:
    """Draw the times of day of orders, to the minute, in seconds."""
    hour = rng.choice(24, size=orders, p=HOURS / HOURS.sum())
    return np.asarray(hour * 3600 + rng.integers(0, 60, orders) * 60, dtype=np.int64)

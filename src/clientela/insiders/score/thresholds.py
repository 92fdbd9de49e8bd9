"""Thresholds that people remember: two digits of money, whole orders, round numbers of days."""

import math
from functools import cache

import numpy as np

from clientela.contract.features import find_feature
from clientela.statistics.arrays import Doubles

# fmt: off
# By convention: readable steps, no two further apart than an eighth.
STEPS = (
    1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0, 2.2, 2.4, 2.5, 2.6, 2.8, 3.0, 3.2,
    3.5, 3.8, 4.0, 4.2, 4.5, 4.8, 5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0, 8.5, 9.0,
)
# fmt: on
# By convention: two weeks to a year, in spans people speak of.
DAYS = (14, 21, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240, 270, 300, 330, 365)
LEAST, MOST_OF_ALL = 0.60, 0.985  # quantiles of the customers, between which one is looked for
MOST = 32  # thresholds a feature: pairs and triples of rules grow with them
GRAINS = ((100.0, 1.0), (1.0, 0.01), (-np.inf, 0.0001))  # the finest is that of the data


def list_amounts(low: float, high: float) -> Doubles:
    """Return the readable amounts from one to another, both positive.

    Examples
    --------
    >>> list_amounts(950, 1300)
    array([1000., 1100., 1200., 1300.])
    """
    if not 0 < high < np.inf:
        return np.zeros(0)
    low = max(low, high / 1e6)
    powers = range(int(np.floor(np.log10(low))), int(np.floor(np.log10(high))) + 1)
    values = np.array([round(step * 10.0**power, 9) for power in powers for step in STEPS])
    return values[(values >= low) & (values <= high)]


def pick_unit(value: float) -> float:
    """Return the unit in which an amount as large as a value is told: whole ones, or finer.

    Examples
    --------
    >>> pick_unit(1200), pick_unit(35), pick_unit(0.5)
    (1.0, 0.01, 0.0001)
    """
    return next(unit for least, unit in GRAINS if value >= least)


@cache
def round_down(name: str, value: float) -> float:
    """Return the readable threshold next below a value of a feature.

    Examples
    --------
    >>> round_down("revenue_365d", 1270), round_down("orders", 2.7)
    (1200.0, 2.0)
    """
    if find_feature(name).unit != "amount":
        return float(np.floor(value))
    steps = list_amounts(value / 10, value)
    return float(steps[-1]) if len(steps) else value


def count_places(customers: int, budget: float) -> int:
    """Return the most members that a budget allows.

    Examples
    --------
    >>> count_places(4334, 0.1), count_places(3, 0.1), count_places(30, 0.1)
    (433, 0, 3)
    """
    return math.floor(customers * budget + 1e-9)


def find_amount_for(values: Doubles, count: int) -> float | None:
    """Return the lowest readable amount that at most so many values reach.

    Returns
    -------
    float or None
        None where no readable amount is reached by anybody and by no more than ``count``.

    Examples
    --------
    >>> find_amount_for(np.array([1270.0, 990.0, 310.0, 20.0]), 2)
    320.0
    """
    if not 0 < count <= len(values):
        return None
    beyond, top = -np.sort(-values)[[min(count, len(values) - 1), 0]]
    amounts = list_amounts(max(beyond, top / 1e6), top)
    fitting = [float(amount) for amount in amounts if 0 < (values >= amount).sum() <= count]
    return fitting[0] if fitting else None


def list_thresholds(name: str, values: Doubles) -> Doubles:
    """Return the thresholds worth trying for a feature, rising.

    Amounts and counts are looked for between the median and the largest values, days among round
    numbers. A feature with no spread there has none.

    Parameters
    ----------
    name : str
        A feature of the catalogue.
    values : array of float
        Its values, of the customers of one or several days.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.zeros(0)
    if find_feature(name).unit == "days":
        return np.array([float(day) for day in DAYS if day < finite.max()])
    low, high = np.quantile(finite, [LEAST, MOST_OF_ALL])
    if find_feature(name).unit == "amount":
        return _thin_out(list_amounts(max(low, high / 1e3), high))
    return _thin_out(np.arange(max(np.floor(low), 2.0), np.ceil(high) + 1))


def _thin_out(values: Doubles) -> Doubles:
    if len(values) <= MOST:
        return values
    return values[np.unique(np.linspace(0, len(values) - 1, MOST).astype(np.int64))]

"""The size curve: the share of revenue that the best so many customers hold, and where it bends."""

import numpy as np
import pyarrow as pa

from clientela.insiders.score.arrow_schemas import SIZE
from clientela.statistics.arrays import Doubles

POINTS = 60


def size_curve(revenue: Doubles, budget: float) -> pa.Table:
    """Draw the curve of customers by falling revenue, in about 60 points.

    The bend is the point farthest from the straight line between both ends. Points lie closer
    together where the programme's size is likely to be.

    Parameters
    ----------
    revenue : array of float
        Of each customer, over the last 365 days.
    budget : float
        Share of customers, marked on the curve.

    Returns
    -------
    pa.Table
        As :data:`clientela.insiders.score.arrow_schemas.SIZE`; empty where revenue sums to nothing.

    References
    ----------
    Satopaa, Albrecht, Irwin, Raghavan (2011), Finding a "Kneedle" in a Haystack,
    doi:10.1109/ICDCSW.2011.20.

    Examples
    --------
    >>> curve = size_curve(np.array([80.0, 10.0, 5.0, 5.0]), budget=0.5)
    >>> curve.filter(curve["bend"]).to_pylist()
    [{'customers_share': 0.25, 'revenue_share': 0.8, 'bend': True, 'budget': False}]
    """
    count, everything = len(revenue), revenue.sum()
    if not count or everything <= 0:
        return SIZE.empty_table()
    customers = np.arange(count + 1) / count
    held = np.append(0.0, np.cumsum(-np.sort(-revenue))) / everything
    bend, limit = int(np.argmax(held - customers)), int(budget * count + 1e-9)
    spread = np.round(count * np.linspace(0, 1, POINTS) ** 2).astype(np.int64)
    points = np.unique(np.concatenate([spread, [bend, limit]]))
    return pa.table([customers[points], held[points], points == bend, points == limit], schema=SIZE)

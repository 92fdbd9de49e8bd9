"""Look once at what came after the forecasts were made."""

import datetime as dt

import pyarrow as pa

from clientela.features.history import History
from clientela.models.value.learning import Learnt


def judge(
    learnt: Learnt, later_history: History, as_of: dt.date, horizon_days: int
) -> dict[str, pa.Table]:
    """Measure all candidates on the test date, against the naive ones.

    Parameters
    ----------
    learnt : Learnt
        What was learnt by ``as_of``.
    later_history : History
        Reaches to ``as_of + horizon_days`` at least.
    as_of : datetime.date
        The test date.
    horizon_days : int
        The horizon learnt for.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics`` with ``as_of`` filled, ``model_curves`` and ``value_forecast``.
    """
    raise NotImplementedError

"""Experiments in a run: the global control recorded, and what is due read out."""

import datetime as dt

import pyarrow as pa

from clientela.config import Experiments
from clientela.experiments.global_control import record_global_control
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.store import experiments as store


def read_experiments(
    url: str, settings: Experiments, history: History, currency: str | None, now: dt.datetime
) -> dict[str, pa.Table]:
    """Read the experiments that are due on the day of a run; nothing where there are none.

    Parameters
    ----------
    url : str
        The results database, which keeps the experiments.
    settings : Experiments
        The global control, whose beginning is recorded the first time.
    """
    record_global_control(url, settings, history.as_of, now)
    if not store.names(url):
        return {}
    from clientela.experiments.results import read_due  # loads SciPy, half a second of CPU

    daily_revenue = read_daily_revenue(history)
    return {"experiment_readouts": read_due(url, daily_revenue, settings, currency)}

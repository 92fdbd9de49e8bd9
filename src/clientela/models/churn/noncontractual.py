"""Leaving without saying so: no purchase within a horizon that the firm's own gaps choose."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from clientela.config.churn import Churn
from clientela.features.history import History
from clientela.models.churn.labelled import Labelled
from clientela.models.churn.learning import LearntChurn


@dataclass(frozen=True, eq=False)
class Horizon:
    """The days without a purchase that mean gone, and who is asked about.

    ``table`` is ``churn_horizons`` of :mod:`clientela.models.results`.
    """

    days: int
    active_days: int
    table: pa.Table


def choose_horizon(history: History, settings: Churn) -> Horizon:
    """Choose the shortest multiple of 30 days after which few of the silent come back."""
    raise NotImplementedError


def labelled(history: History, day: dt.date, horizon_days: int, active_days: int) -> Labelled:
    """Take the customers who bought in the ``active_days`` up to a day, with who then did not.

    Raises
    ------
    ValueError
        The horizon is not over yet in this history.
    """
    raise NotImplementedError


def learn_history(
    history: History,
    settings: Churn,
    *,
    data_hash: str = "",
    progress: Callable[[str], None] | None = None,
) -> LearntChurn:
    """Choose the horizon, label the past dates and learn from them, as of the history's end."""
    raise NotImplementedError

"""Learn what customers will bring from past snapshots beside what came after them."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clientela.config import Value
from clientela.features.history import History
from clientela.progress import Progress
from clientela.scoring.columns import Doubles
from clientela.scoring.value import ValueModel

Sorting = Callable[[pa.Table], Doubles]
"""Gives what each row of a snapshot can be expected to bring."""


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """What was learnt of the past up to a day, and how well it would have done.

    Parameters
    ----------
    model : ValueModel
        What serves.
    tables : dict of str to pa.Table
        ``model_candidates``, ``model_metrics``, ``model_curves``, ``model_importance``,
        ``value_forecast``, ``model_notes`` and ``btyd_fits`` as of
        :data:`clientela.models.results.TABLES`.
    facts : dict
        For the run's record: the models that serve, dates, customers.
    """

    model: ValueModel
    tables: dict[str, pa.Table]
    facts: dict[str, Any]

    def expected_at(self, day: dt.date) -> Sorting | None:
        """Give the forecast that could have been made on a past day; None where there is none.

        It is learnt on outcomes that were over by that day. It takes the whole snapshot of the
        day (``history.snapshot(day)``) and serves for sorting: the level of the day is not in it.
        """
        raise NotImplementedError


def learn(
    history: History,
    settings: Value,
    *,
    currency: str | None = None,
    data_hash: str = "",
    progress: Progress | None = None,
) -> Learnt:
    """Learn the forecasts as of ``history.as_of`` and choose them by backtest.

    Parameters
    ----------
    history : History
        The firm's past; nothing after its ``as_of`` is seen.
    settings : Value
        The horizon, models, trials.
    currency : str, optional
        ISO 4217 code of the amounts, for sentences.
    data_hash : str
        Of the canonical tables, for the card.
    progress : Progress, optional
        Where facts are told.
    """
    raise NotImplementedError

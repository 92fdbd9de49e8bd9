"""Churn where customers cancel: asked of those under contract, labelled by their exit."""

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa

from clientela.config import Churn
from clientela.features.history import History
from clientela.models.churn.labelled import Labelled


@dataclass(frozen=True)
class Contractual:
    """All that the run needs of a firm with a churn column.

    Parameters
    ----------
    horizon_days : int
        Days ahead in which leaving is asked about.
    past : tuple of Labelled
        Past snapshots with what happened next, the latest first; empty where the history is too
        short for any, and the notes say so.
    today : pa.Table
        ``customer_id`` and the columns of ``past`` of those to score: customers still under
        contract on the history's last day.
    gone : pa.Table
        ``customer_id`` and ``left_on`` (date32) of those who left already: probability 1, band
        'gone'.
    derived : bool
        Whether exit dates were derived from activity because the flag bears none.
    flattering_auc : float or None
        What cross-validation with features of today would have claimed; only where derived.
    notes : pa.Table
        Of ``models.results.NOTES``: the trap, its flattering figure, undated attributes, limits.
    """

    horizon_days: int
    past: tuple[Labelled, ...]
    today: pa.Table
    gone: pa.Table
    derived: bool
    flattering_auc: float | None
    notes: pa.Table


def wanted(history: History) -> bool:
    """Tell whether any customer carries a churn flag or an exit date."""
    raise NotImplementedError


def prepared(history: History, settings: Churn) -> Contractual:
    """Read who left when, and make the past snapshots, those to score today and the notes.

    Raises
    ------
    InputError
        Nobody left, everybody left, or the customers are too few to learn anything from.
    """
    raise NotImplementedError


def labelled(history: History, day: dt.date, horizon_days: int) -> Labelled:
    """Give those under contract on a past day and who of them left within the horizon.

    Parameters
    ----------
    history : History
        Reaches ``day + horizon_days`` at least.
    """
    raise NotImplementedError

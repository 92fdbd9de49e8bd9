"""Earlier dates, from which what a model foretold can be held against what came."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.btyd.frame import Frame
from clientela.btyd.span import Span
from clientela.features.history import History
from clientela.statistics.arrays import Doubles

FEATURES = ("purchase_days", "tenure_days", "days_since_last")
"""Features of a snapshot that the models of purchases read."""
PROPORTIONS = (1.0, 0.75, 0.5, 0.25, 0.125)
"""Spans foretold, in relation to the history before them, as shares of that of the forecast."""
LEAST_DAYS = 14


@dataclass(frozen=True, eq=False)
class Past:
    """Customers as known on an earlier date, with what they bought after it.

    Parameters
    ----------
    frame : Frame
        As known on the earlier date.
    purchases : array of shape (customers,)
        Purchase days in the span after it.
    span : Span
        From the earlier date to the end of what is known.
    history : Span
        From the first day of the data to the earlier date.
    """

    frame: Frame
    purchases: Doubles
    span: Span
    history: Span

    @property
    def proportion(self) -> float:
        """How long the span is in relation to the history before it."""
        return self.span.to("days") / self.history.to("days")


def cuts(history_days: int, horizon_days: int) -> list[int]:
    """Say how many days before today to stand, the longest first.

    A forecast of a horizon from a history is as daring as the one is long in relation to the other.
    The first cut divides what is known in that very proportion; the others are less daring.

    Examples
    --------
    >>> cuts(273, 273)
    [136, 117, 91, 54, 30]
    """
    asked = horizon_days / max(history_days, 1)
    spans = [int(history_days * asked * p / (1.0 + asked * p)) for p in PROPORTIONS]
    return [span for span in spans if span >= LEAST_DAYS]


def past_of(early: pa.Table, late: pa.Table, span: Span, history: Span) -> Past:
    """Pair two snapshots that lie ``span`` apart, both with ``customer_id`` and :data:`FEATURES`.

    Customers of the later one alone were not known yet.
    """
    counts = late.select(["customer_id", "purchase_days"]).rename_columns(["customer_id", "later"])
    both = early.join(counts, "customer_id", use_threads=False).sort_by("customer_id")
    bought = np.asarray(both.column("later")) - np.asarray(both.column("purchase_days"))
    return Past(Frame.of_snapshot(both), bought.astype(np.float64), span, history)


def past_from(history: History, horizon_days: int) -> list[Past]:
    """Stand on each of :func:`cuts` in a history and see what came."""
    now = history.snapshot(history.as_of, FEATURES)
    whole = (history.as_of - history.first_day).days
    found = []
    for days in cuts(whole, horizon_days):
        then = history.snapshot(history.as_of - dt.timedelta(days=days), FEATURES)
        found.append(past_of(then, now, Span.days(days), Span.days(whole - days)))
    return found

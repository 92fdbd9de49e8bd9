"""Earlier dates, from which what a model foretold can be held against what came."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.btyd.candidates import load_purchase_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.features.history import History
from clientela.statistics.arrays import Doubles

FEATURES = ("purchase_days", "tenure_days", "days_since_last")
"""Features of a snapshot that the models of purchases read."""
PROPORTIONS = (1.0, 0.75, 0.5, 0.25, 0.125)
"""Spans foretold, in relation to the history before them, as shares of that of the forecast."""
LEAST_DAYS = 14
SPREAD = 0.15
"""Standard deviation, from base to base, of the log error of a total at the proportion asked for,
beyond what chance in the data explains: how wrong models are before anything is known of it."""
MOST = 2.0
STEP = 1e-3
LEAST_PURCHASES = 20.0


@dataclass(frozen=True, eq=False)
class PastDate:
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


def choose_cuts(history_days: int, horizon_days: int) -> list[int]:
    """Say how many days before today to stand, the longest first.

    A forecast of a horizon from a history is as daring as the one is long in relation to the other.
    The first cut divides what is known in that very proportion; the others are less daring.

    Examples
    --------
    >>> choose_cuts(273, 273)
    [136, 117, 91, 54, 30]
    """
    asked = horizon_days / max(history_days, 1)
    spans = [int(history_days * asked * p / (1.0 + asked * p)) for p in PROPORTIONS]
    return [span for span in spans if span >= LEAST_DAYS]


def pair_snapshots(early: pa.Table, late: pa.Table, span: Span, history: Span) -> PastDate:
    """Pair two snapshots that lie ``span`` apart, both with ``customer_id`` and :data:`FEATURES`.

    Customers of the later one alone were not known yet.
    """
    counts = late.select(["customer_id", "purchase_days"]).rename_columns(["customer_id", "later"])
    both = early.join(counts, "customer_id", use_threads=False).sort_by("customer_id")
    bought = np.asarray(both.column("later")) - np.asarray(both.column("purchase_days"))
    return PastDate(Frame.of_snapshot(both), bought.astype(np.float64), span, history)


def load_past_dates(history: History, horizon_days: int) -> list[PastDate]:
    """Stand on each of :func:`choose_cuts` in a history and see what came."""
    now = history.snapshot(history.as_of, FEATURES)
    whole = (history.as_of - history.first_day).days
    found = []
    for days in choose_cuts(whole, horizon_days):
        then = history.snapshot(history.as_of - dt.timedelta(days=days), FEATURES)
        found.append(pair_snapshots(then, now, Span.days(days), Span.days(whole - days)))
    return found


def compute_level_factor(
    fits: Sequence[Fit[PurchaseModel]], past: Sequence[PastDate], proportion: float
) -> float:
    """Give what expected purchases are to be multiplied by.

    The logarithm of what came over what was foretold from each earlier date is taken to grow in
    proportion to how daring the forecast was: its span in relation to the history before it. The
    slope is a posterior mean, 0 and ``SPREAD`` before; a date whose parameters were hardly told, or
    after which little came, weighs little; as the dates overlap, all together weigh as one.

    Parameters
    ----------
    fits : sequence of Fit
        The model as fitted on each earlier date; where it was not identified, the date is left out.
    past : sequence of Past
        Those dates.
    proportion : float
        Horizon asked for, in relation to the history before now.

    Returns
    -------
    float
        Between one half and two; 1 where no date tells anything.
    """
    seen = [
        (fit, each)
        for fit, each in zip(fits, past, strict=True)
        if fit.identified and each.purchases.sum() >= LEAST_PURCHASES
    ]
    if not seen:
        return 1.0
    errors, variances = np.array([_error(fit, each) for fit, each in seen]).T
    daring = np.array([each.proportion for _, each in seen]) / proportion
    weights = 1.0 / (len(seen) * variances)
    slope = (weights * daring) @ errors / ((weights * daring) @ daring + SPREAD**-2.0)
    return float(np.exp(np.clip(slope, -np.log(MOST), np.log(MOST))))


def _error(fit: Fit[PurchaseModel], past: PastDate) -> tuple[float, float]:
    """Give the log error of a total, and the variance that chance explains."""
    expected = fit.model.expected_purchases(past.frame, past.span)
    foretold, came = expected.sum(), past.purchases.sum()
    slopes = _slopes(fit.model, past, float(foretold))
    chance = ((past.purchases - expected) ** 2).sum() / came**2
    return float(np.log(came / foretold)), float(slopes @ fit.covariance @ slopes + chance)


def _slopes(model: PurchaseModel, past: PastDate, foretold: float) -> Doubles:
    """Give the derivatives of the log total by the parameters, as differences."""
    values = list(model.parameters().values())
    found = []
    for position, value in enumerate(values):
        moved = [*values[:position], value * (1.0 + STEP), *values[position + 1 :]]
        total = float(_with(model, moved).expected_purchases(past.frame, past.span).sum())
        found.append((np.log(total) - np.log(foretold)) / (value * STEP))
    return np.array(found)


def _with(model: PurchaseModel, values: Sequence[float]) -> PurchaseModel:
    return load_purchase_model(model.to_json() | dict(zip(model.parameters(), values, strict=True)))

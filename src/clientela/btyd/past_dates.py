"""Past dates: forecasts of models beside what came, and the correction of their level."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.btyd.candidates import load_purchase_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.maximum_likelihood import Fit
from clientela.btyd.model import PurchaseModel
from clientela.features.history import History
from clientela.statistics.arrays import Doubles

# Features of a snapshot that the models of purchases read.
FEATURES = ("purchase_days", "tenure_days", "days_since_last")
# Spans forecast, in relation to the history before them, as shares of that of the forecast.
PROPORTIONS = (1.0, 0.75, 0.5, 0.25, 0.125)
# Shortest span forecast, by convention: two weeks.
LEAST_DAYS = 14
# Standard deviation, from base to base, of the log error of a total at the proportion asked for,
# beyond what chance in the data explains: how wrong models are before anything is known of it.
SPREAD = 0.15
# Largest factor, by convention: a model further out than that is wrong in more than its level.
MOST = 2.0
# Relative step of the differences of a total.
STEP = 1e-3
# Purchases after a date for its total to count, by convention.
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
    """Return how many days before today to stand, the longest first.

    A forecast of a horizon from a history is as daring as the one is long in relation to the other.
    The first cut divides what is known in that very proportion; the others are less daring.

    Examples
    --------
    >>> choose_cuts(273, 273)
    [136, 117, 91, 54, 30]
    """
    proportion = horizon_days / max(history_days, 1)
    spans = [int(history_days * proportion * p / (1.0 + proportion * p)) for p in PROPORTIONS]
    return [span for span in spans if span >= LEAST_DAYS]


def pair_snapshots(early: pa.Table, late: pa.Table, span: Span, history: Span) -> PastDate:
    """Pair two snapshots that lie ``span`` apart, both with ``customer_id`` and :data:`FEATURES`.

    Customers of the later one alone were not known yet.
    """
    counts = late.select(["customer_id", "purchase_days"]).rename_columns(["customer_id", "later"])
    pairs = early.join(counts, "customer_id", use_threads=False).sort_by("customer_id")
    bought = np.asarray(pairs.column("later")) - np.asarray(pairs.column("purchase_days"))
    return PastDate(Frame.of_snapshot(pairs), bought.astype(np.float64), span, history)


def load_past_dates(
    history: History, horizon_days: int, outside: pa.Array | None = None
) -> list[PastDate]:
    """Stand on each of :func:`choose_cuts` in a history and see what came; some may stay out."""
    now = history.snapshot(history.as_of, FEATURES)
    history_days = (history.as_of - history.first_day).days
    past_dates = []
    for days in choose_cuts(history_days, horizon_days):
        then = history.snapshot(history.as_of - dt.timedelta(days=days), FEATURES)
        if outside is not None and len(outside):
            then = then.filter(pc.invert(pc.is_in(then["customer_id"], value_set=outside)))
        past_dates.append(
            pair_snapshots(then, now, Span.days(days), Span.days(history_days - days))
        )
    return past_dates


def compute_level_factor(
    fits: Sequence[Fit[PurchaseModel]], past: Sequence[PastDate], proportion: float
) -> float:
    """Return what expected purchases are to be multiplied by.

    The logarithm of what came over what was expected from each earlier date is taken to grow in
    proportion to how daring the forecast was: its span in relation to the history before it. The
    slope is a posterior mean, 0 and ``SPREAD`` before; a date whose parameters were hardly
    identified, or after which little came, weighs little; as the dates overlap, all together weigh
    as one.

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
        Between one half and two; 1 where no date is informative.
    """
    informative = [
        (fit, past_date)
        for fit, past_date in zip(fits, past, strict=True)
        if fit.identified and past_date.purchases.sum() >= LEAST_PURCHASES
    ]
    if not informative:
        return 1.0
    errors, variances = np.array(
        [_measure_error(fit, past_date) for fit, past_date in informative]
    ).T
    daring = np.array([past_date.proportion for _, past_date in informative]) / proportion
    weights = 1.0 / (len(informative) * variances)
    slope = (weights * daring) @ errors / ((weights * daring) @ daring + SPREAD**-2.0)
    return float(np.exp(np.clip(slope, -np.log(MOST), np.log(MOST))))


def _measure_error(fit: Fit[PurchaseModel], past: PastDate) -> tuple[float, float]:
    """Return the log error of a total, and the variance that chance explains."""
    expected = fit.model.expected_purchases(past.frame, past.span)
    forecast, came = expected.sum(), past.purchases.sum()
    slopes = _differentiate_total(fit.model, past, float(forecast))
    chance = ((past.purchases - expected) ** 2).sum() / came**2
    return float(np.log(came / forecast)), float(slopes @ fit.covariance @ slopes + chance)


def _differentiate_total(model: PurchaseModel, past: PastDate, forecast: float) -> Doubles:
    """Return the derivatives of the log total by the parameters, as differences."""
    values = list(model.parameters().values())
    slopes = []
    for position, value in enumerate(values):
        moved = [*values[:position], value * (1.0 + STEP), *values[position + 1 :]]
        total = float(
            _replace_parameters(model, moved).expected_purchases(past.frame, past.span).sum()
        )
        slopes.append((np.log(total) - np.log(forecast)) / (value * STEP))
    return np.array(slopes)


def _replace_parameters(model: PurchaseModel, values: Sequence[float]) -> PurchaseModel:
    return load_purchase_model(model.to_json() | dict(zip(model.parameters(), values, strict=True)))

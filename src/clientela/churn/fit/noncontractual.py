"""Leaving without saying so: no purchase within a horizon that the firm's own gaps choose."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.btyd.repeat_level import forecast_repeats
from clientela.churn.fit.learning import ChurnTraining, learn_from_dates
from clientela.churn.fit.notes import build_notes
from clientela.churn.fit.season import Paces
from clientela.churn.fit.training_data import (
    MOST_CUSTOMERS,
    ChurnTask,
    ExpectRevenue,
    LabelledSnapshot,
    sample_customers,
)
from clientela.config.churn import Churn
from clientela.config.value import Season
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.features.purchase_gaps import Silence, count_silences
from clientela.i18n import Lang, format_number, format_share, t
from clientela.statistics.arrays import doubles
from clientela.store.arrow_schemas import arrow_table

# Days between past dates, and the step of horizons: a month, by convention.
STEP_DAYS = 30
# Longest horizon: about a year, by convention.
LONGEST = 360
# Days of history before the first past date, by convention: two steps.
LEAST_DAYS = 60
# Share of the returns that lie within the horizon: four of five who come back are back by then.
RETURN_WITHIN = 0.80
# Of those silent for longer, the share that may come back after all: where it is more likely than
# not, silence does not mean leaving.
MOST_RETURNED = 0.50


def choose_horizon(history: History, settings: Churn) -> tuple[int | None, pa.Table, pa.Table]:
    """Choose the shortest multiple of 30 days within which four of five returns happen.

    It is one after which at most half of the silent came back; where there is none, leaving is not
    defined. What is configured goes before it, and at most a third of the history is taken.

    Returns
    -------
    int or None, pa.Table, pa.Table
        The days without a purchase that mean gone, None where silence of no length tried does;
        ``churn_horizons`` of :mod:`clientela.store.arrow_schemas`; and ``model_notes``, one
        sentence on the choice.
    """
    history_days = (history.as_of - history.first_day).days
    longest = max(min(LONGEST, history_days // 3 // STEP_DAYS * STEP_DAYS), STEP_DAYS)
    lengths = set(range(STEP_DAYS, longest + 1, STEP_DAYS)) | {settings.horizon_days or STEP_DAYS}
    silences_by_length = count_silences(history, sorted(lengths))
    final = [entry for entry in silences_by_length if _share_returned(entry) <= MOST_RETURNED]
    enough = [entry.days for entry in final if _share_within(entry) >= RETURN_WITHIN]
    usual = min(longest, 90) if not final else max(entry.days for entry in final)
    days = settings.horizon_days or min(enough, default=usual)
    defined = bool(final) or settings.horizon_days is not None
    rows: list[dict[str, object]] = [
        {
            "horizon_days": silence.days,
            "customers": silence.asked,
            "churn_share": silence.left / silence.asked if silence.asked else None,
            "returned_share": _share_returned(silence) if silence.silent else None,
            "chosen": defined and silence.days == days,
        }
        for silence in silences_by_length
    ]
    choice = next(silence for silence in silences_by_length if silence.days == days)
    code = "horizon_set" if settings.horizon_days else "horizon_chosen"
    choice = choice if defined else silences_by_length[-1]
    note = _build_note(choice, code if defined else "undefined")
    return days if defined else None, arrow_table("churn_horizons", rows), note


def label_active(
    history: History, day: dt.date, horizon_days: int, active_days: int
) -> LabelledSnapshot:
    """Take the customers who bought in the ``active_days`` up to a day, with who then did not.

    What is at stake is the customer's own revenue over as many days: that of the last year, or of
    all the time since the first order where that is shorter, but a horizon at least.

    Raises
    ------
    ValueError
        The horizon is not over yet in this history.
    """
    snapshot = history.snapshot(day)  # first: what follows would make a smaller one of its own
    later = history.later(day, horizon_days)
    active = _mark_active(snapshot, active_days)
    left = pc.equal(later.column("later_orders"), 0).to_numpy()
    active_customers = select_active(history, day, active_days)
    days = np.clip(doubles(active_customers, "tenure_days"), max(horizon_days, 1), 365.0)
    worth = np.maximum(doubles(active_customers, "revenue_365d"), 0.0) * horizon_days / days
    return LabelledSnapshot(day, active_customers, left[active.to_numpy()], worth, horizon_days)


def select_active(history: History, day: dt.date, active_days: int) -> pa.Table:
    """Return the snapshot of those who bought in the ``active_days`` up to a day."""
    snapshot = history.snapshot(day)
    return snapshot.filter(_mark_active(snapshot, active_days))


def learn_noncontractual(
    history: History,
    settings: Churn,
    *,
    data_hash: str = "",
    expect: ExpectRevenue | None = None,
    season: Season = "usual",
) -> ChurnTraining:
    """Choose the horizon, label the past dates and learn from them, as of the history's end.

    The horizon is that of all customers; of a large firm a sample is learnt from. Where silence
    does not mean leaving nothing is learnt, and the note says so.
    """
    horizon_days, horizons, note = choose_horizon(history, settings)
    if horizon_days is None:
        tables = {"churn_horizons": horizons, "model_notes": note}
        return ChurnTraining(None, tables, {"reason": "undefined"})
    active_days = settings.active_days or 2 * horizon_days
    sample = history.sample
    days = sample.dates(horizon_days, STEP_DAYS, LEAST_DAYS)[: settings.max_dates]
    past, counts = [], {}
    for day in days:
        snapshot = label_active(sample, day, horizon_days, active_days)
        past.append(sample_customers(snapshot, MOST_CUSTOMERS, settings.seed))
        counts[day] = snapshot.customers
    task = ChurnTask(
        "non_contractual",
        history.as_of,
        horizon_days=horizon_days,
        gone_after_days=active_days,
        gone_share=_measure_gone_share(sample, days, horizon_days, active_days),
        ripe_from=history.first_day + dt.timedelta(days=active_days),
        data_hash=data_hash,
        season=season,
    )
    today = select_active(sample, sample.as_of, active_days)
    counts[sample.as_of] = today.num_rows
    paces = measure_paces(sample, counts, horizon_days, season)
    training = learn_from_dates(past, settings, task, today, expect, paces)
    model_notes = training.tables.get("model_notes", note.slice(0, 0))
    joined = pa.concat_tables([model_notes.slice(0, 1), note, model_notes.slice(1)])
    column = joined.column_names.index("position")
    numbered = joined.set_column(
        column, "position", pa.array(range(1, len(joined) + 1), pa.int64())
    )
    tables = training.tables | {"churn_horizons": horizons, "model_notes": numbered}
    facts = training.facts | {"horizon_days": horizon_days, "active_days": active_days}
    return replace(training, tables=tables, facts=facts)


def measure_paces(
    history: History, asked: Mapping[dt.date, int], horizon_days: int, season: Season
) -> Paces:
    """Measure the purchase days ahead of each day over the customers asked about on it.

    Parameters
    ----------
    history : History
        The firm's past.
    asked : mapping of date to int
        Customers asked about, by day.
    horizon_days : int
        Days ahead; what came of them is known where they are over.
    season : {"none", "usual", "strong"}
        What the owner says of the firm's year.
    """
    daily = read_daily_revenue(history)
    bought = replace(daily, amount=(daily.amount > 0.0).astype(np.float64))
    paces = {}
    for day, customers in asked.items():
        ahead = forecast_repeats(bought, day, horizon_days, season)
        upto, came = day + dt.timedelta(days=horizon_days), 0.0
        if upto <= history.as_of:
            came = float(bought.between(day, upto)[bought.mark_buyers(day)].sum())
        paces[day] = (
            None if ahead is None else _log_ratio(ahead[0], customers),
            _log_ratio(came, customers),
        )
    return paces


def _log_ratio(part: float, whole: int) -> float | None:
    return float(np.log(part / whole)) if part > 0 and whole else None


def _mark_active(snapshot: pa.Table, active_days: int) -> pa.ChunkedArray:
    return pc.less_equal(snapshot.column("days_since_last"), active_days)


def _measure_gone_share(
    history: History, days: list[dt.date], horizon_days: int, active_days: int
) -> float | None:
    """Measure on the past dates who, silent for longer, did not buy within the horizon.

    Half a customer on either side keeps the share off 0 and 1.
    """
    silent, away = 0, 0
    for day in days:
        late = pc.greater(history.snapshot(day).column("days_since_last"), active_days)
        orders = history.later(day, horizon_days).column("later_orders").filter(late)
        silent += len(orders)
        away += int(pc.sum(pc.equal(orders, 0)).as_py() or 0)
    return (away + 0.5) / (silent + 1.0)


def _share_within(silence: Silence) -> float:
    return 1.0 - silence.longer_returns / silence.returns if silence.returns else 0.0


def _share_returned(silence: Silence) -> float:
    return silence.longer_returns / silence.silent if silence.silent else 0.0


def _build_note(silence: Silence, code: str) -> pa.Table:
    def say(lang: Lang) -> str:
        return t(
            f"churn.note.{code}",
            lang,
            days=format_number(silence.days, lang),
            share=format_share(_share_within(silence), lang),
            returned=format_share(_share_returned(silence), lang),
        )

    return build_notes({"undefined" if code == "undefined" else "horizon": say})

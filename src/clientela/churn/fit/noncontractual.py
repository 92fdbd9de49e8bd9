"""Leaving without saying so: no purchase within a horizon that the firm's own gaps choose."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.learning import ChurnTraining, learn_dated
from clientela.churn.fit.notes import build_notes
from clientela.churn.fit.training_data import (
    MOST_CUSTOMERS,
    ChurnTask,
    LabelledSnapshot,
    sample_customers,
)
from clientela.config.churn import Churn
from clientela.features.history import History
from clientela.features.purchase_gaps import Silence, silences
from clientela.i18n import Lang, format_number, format_share, t
from clientela.statistics.arrays import doubles
from clientela.store.arrow_schemas import arrow_table

STEP_DAYS = 30
LONGEST = 360
LEAST_DAYS = 60
RETURN_WITHIN = 0.80
"""Share of the returns that lie within the horizon: four of five who come back are back by then."""


@dataclass(frozen=True, eq=False)
class HorizonChoice:
    """The days without a purchase that mean gone, and who is asked about.

    Parameters
    ----------
    days : int
        Days ahead.
    active_days : int
        Customers whose last purchase lies further back are not asked about but gone.
    table : pa.Table
        ``churn_horizons`` of :mod:`clientela.store.arrow_schemas`.
    note : pa.Table
        ``model_notes``: one sentence on the choice.
    """

    days: int
    active_days: int
    table: pa.Table
    note: pa.Table


def choose_horizon(history: History, settings: Churn) -> HorizonChoice:
    """Choose the shortest multiple of 30 days within which four of five returns happen.

    What is configured goes before it, and at most a third of the history is taken.
    """
    known = (history.as_of - history.first_day).days
    longest = max(min(LONGEST, known // 3 // STEP_DAYS * STEP_DAYS), STEP_DAYS)
    lengths = set(range(STEP_DAYS, longest + 1, STEP_DAYS)) | {settings.horizon_days or STEP_DAYS}
    found = silences(history, sorted(lengths))
    enough = [one.days for one in found if _within(one) >= RETURN_WITHIN]
    days = settings.horizon_days or min(enough, default=min(longest, 90))
    rows: list[dict[str, object]] = [
        {
            "horizon_days": one.days,
            "customers": one.asked,
            "churn_share": one.left / one.asked if one.asked else None,
            "returned_share": one.longer_returns / one.silent if one.silent else None,
            "chosen": one.days == days,
        }
        for one in found
    ]
    chosen = next(one for one in found if one.days == days)
    return HorizonChoice(
        days,
        settings.active_days or 2 * days,
        arrow_table("churn_horizons", rows),
        _note(chosen, "horizon_set" if settings.horizon_days else "horizon_chosen"),
    )


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
    active = _active(snapshot, active_days)
    left = pc.equal(later.column("later_orders"), 0).to_numpy()
    asked = select_active(history, day, active_days)
    days = np.clip(doubles(asked, "tenure_days"), max(horizon_days, 1), 365.0)
    worth = np.maximum(doubles(asked, "revenue_365d"), 0.0) * horizon_days / days
    return LabelledSnapshot(day, asked, left[active.to_numpy()], worth, horizon_days)


def select_active(history: History, day: dt.date, active_days: int) -> pa.Table:
    """Give the snapshot of those who bought in the ``active_days`` up to a day."""
    snapshot = history.snapshot(day)
    return snapshot.filter(_active(snapshot, active_days))


def learn_noncontractual(
    history: History,
    settings: Churn,
    *,
    data_hash: str = "",
    progress: Callable[[str], None] | None = None,
) -> ChurnTraining:
    """Choose the horizon, label the past dates and learn from them, as of the history's end."""
    horizon = choose_horizon(history, settings)
    days = history.dates(horizon.days, STEP_DAYS, LEAST_DAYS)[: settings.max_dates]
    every = (label_active(history, day, horizon.days, horizon.active_days) for day in days)
    past = [sample_customers(one, MOST_CUSTOMERS, settings.seed) for one in every]
    framing = ChurnTask(
        "non_contractual",
        history.as_of,
        horizon_days=horizon.days,
        gone_after_days=horizon.active_days,
        gone_share=_gone_share(history, days, horizon),
        ripe_from=history.first_day + dt.timedelta(days=horizon.active_days),
        data_hash=data_hash,
    )
    today = select_active(history, history.as_of, horizon.active_days)
    learnt = learn_dated(past, settings, framing, progress, today)
    told = learnt.tables.get("model_notes", horizon.note.slice(0, 0))
    both = pa.concat_tables([told.slice(0, 1), horizon.note, told.slice(1)])
    place = both.column_names.index("position")
    numbered = both.set_column(place, "position", pa.array(range(1, len(both) + 1), pa.int64()))
    tables = learnt.tables | {"churn_horizons": horizon.table, "model_notes": numbered}
    facts = learnt.facts | {"horizon_days": horizon.days, "active_days": horizon.active_days}
    return replace(learnt, tables=tables, facts=facts)


def _active(snapshot: pa.Table, active_days: int) -> pa.ChunkedArray:
    return pc.less_equal(snapshot.column("days_since_last"), active_days)


def _gone_share(history: History, days: list[dt.date], horizon: HorizonChoice) -> float | None:
    """Measure on the past dates who, silent for longer, did not buy within the horizon.

    Half a customer on either side keeps the share off 0 and 1.
    """
    silent, away = 0, 0
    for day in days:
        late = pc.greater(history.snapshot(day).column("days_since_last"), horizon.active_days)
        orders = history.later(day, horizon.days).column("later_orders").filter(late)
        silent += len(orders)
        away += int(pc.sum(pc.equal(orders, 0)).as_py() or 0)
    return (away + 0.5) / (silent + 1.0)


def _within(one: Silence) -> float:
    return 1.0 - one.longer_returns / one.returns if one.returns else 0.0


def _note(one: Silence, code: str) -> pa.Table:
    def say(lang: Lang) -> str:
        returned = one.longer_returns / one.silent if one.silent else 0.0
        return t(
            f"churn.note.{code}",
            lang,
            days=format_number(one.days, lang),
            share=format_share(_within(one), lang),
            returned=format_share(returned, lang),
        )

    return build_notes({"horizon": say})

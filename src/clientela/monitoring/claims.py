"""Claims: what a run says that later days can prove wrong, kept from run to run until checked.

A claim is made again once its horizon is over: those made in between would share days with it, and
one season would count as many times as there were runs.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import pyarrow.compute as pc

from clientela.features.history import History
from clientela.features.outcome import OUTCOME, sum_outcomes
from clientela.features.snapshot import KEY

Row = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]


def list_claims(day: dt.date, beats: Rows, forecasts: Rows) -> list[Row]:
    """List what a run claims: models that beat a rival, and totals within an interval.

    Parameters
    ----------
    day : datetime.date
        The last day known.
    beats : sequence of mappings
        As :func:`clientela.statistics.dates.state_claim` states them.
    forecasts : sequence of mappings
        Rows of ``value_forecast``; those without a level claim nothing.

    Returns
    -------
    list of dict
        Rows of the table ``claims``, none of them checked.
    """
    totals = (
        {"claim": "total", "subject": row["customer_group"], "value": row["expected"]}
        | {name: row[name] for name in ("low", "high", "level")}
        | {"horizon_days": row["days"]}
        for row in forecasts
        if row["level"] is not None
    )
    nothing = dict.fromkeys(("model", "baseline", "metric", "judged_on", "came", "held"))
    rows: list[Row] = [nothing | {"claimed_on": day} | {**row} for row in (*beats, *totals)]
    for row in rows:
        row["due_on"] = day + dt.timedelta(days=row.pop("horizon_days"))
    return rows


def carry_claims(past: Rows, new: Iterable[Row]) -> list[Row]:
    """Return earlier claims and those of the new ones that share no day with the same before."""
    last = {(row["claim"], row["subject"]): row["due_on"] for row in past}
    return [
        *map(dict, past),
        *(
            row
            for row in new
            if last.get((row["claim"], row["subject"]), dt.date.min) <= row["claimed_on"]
        ),
    ]


def check_claims(claims: Iterable[Row], history: History, metrics: Rows) -> list[Row]:
    """Check the claims whose days are over.

    Parameters
    ----------
    claims : iterable of dict
        Rows of the table ``claims``.
    history : History
        Up to today.
    metrics : sequence of mappings
        ``model_metrics`` of today: "beats" is judged on the first past date from the claim on, by
        the same two kinds of model as learnt by that date.
    """
    came_of = cache(partial(sum_revenue, history))
    return [
        row
        if row["held"] is not None or row["due_on"] > history.as_of
        else row
        | (_check_total(row, came_of) if row["claim"] == "total" else check_beats(row, metrics))
        for row in claims
    ]


def _check_total(claim: Row, came_of: Callable[[dt.date, int], Mapping[str, float]]) -> Row:
    days = (claim["due_on"] - claim["claimed_on"]).days
    came = came_of(claim["claimed_on"], days)[claim["subject"]]
    held = claim["low"] <= came <= claim["high"]
    return {"judged_on": claim["claimed_on"], "came": came, "held": held}


def sum_revenue(history: History, day: dt.date, days: int) -> dict[str, float]:
    """Sum up the revenue of the days after a day, by customer groups of ``value_forecast``."""
    outcome = history.gather(sum_outcomes(day, day + dt.timedelta(days=days)), OUTCOME)
    buyers = history.snapshot(day, ["orders"])[KEY].combine_chunks()
    is_known = pc.is_in(outcome[KEY], value_set=buyers)
    everyone, known = (
        float(pc.sum(table["later_revenue"]).as_py() or 0.0)
        for table in (outcome, outcome.filter(is_known))
    )
    return {"known": known, "new": everyone - known, "everyone": everyone}


def check_beats(claim: Mapping[str, Any], metrics: Rows) -> Row:
    """Compare the sizes of the metric on the first date from the claim on that has both models."""
    sizes: dict[dt.date, dict[str, float]] = {}
    for row in metrics:
        is_asked = (row["purpose"], row["metric"]) == (claim["subject"], claim["metric"])
        if is_asked and row["as_of"] and row["value"] is not None:
            sizes.setdefault(row["as_of"], {})[row["model"]] = abs(row["value"])
    pair = claim["model"], claim["baseline"]
    for day in sorted(sizes):
        if day >= claim["claimed_on"] and all(name in sizes[day] for name in pair):
            came = sizes[day][pair[0]] - sizes[day][pair[1]]
            return {"judged_on": day, "came": came, "held": came < 0.0}
    return {}

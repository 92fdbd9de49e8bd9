"""Near misses: customers who need little to meet the entry rule at the next review."""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from clientela.features.catalog import feature
from clientela.insiders.score.monthly_snapshots import STEP_DAYS, Past
from clientela.insiders.score.rule import Chosen, Condition, Rule
from clientela.insiders.score.thresholds import grain
from clientela.insiders.score.view import WINDOWS_DAYS, Rows, View
from clientela.statistics.arrays import Doubles

LITTLE = 0.25  # of a threshold: whoever lacks more is no near miss
ONE_ORDER = 0.05  # how near someone is who only has to buy again


@dataclass(frozen=True)
class Candidates:
    """Who is near, the nearest first.

    Parameters
    ----------
    rows : array of int
        Their rows in today's view.
    missing : dict of str to array of float
        What each lacks by the deadline, by feature; 0 for nothing.
    deadline : datetime.date
        The next review, by which it has to be there.
    """

    rows: Rows
    missing: dict[str, Doubles]
    deadline: dt.date


def candidates(past: Past, today: View, entry: Rule, out: Chosen, most: int) -> Candidates:
    """Find those who need little, and how much by the next review.

    Amounts are rounded up, to whole units where the threshold is 100 or more, else finer.
    What counts is what will still count then: of a sum over 12 months, only purchases that the
    12 months up to the deadline hold. So the amount named is enough if it comes in time, and
    returns nothing.

    Parameters
    ----------
    past : Past
        Where the snapshots come from.
    today : View
        All customers of today.
    entry : Rule
        What they have to meet.
    out : array of bool
        Those who cannot be candidates: members, and whoever stays away too long.
    most : int
        How many are wanted.
    """
    missing = {one.feature: _lacking(past, today, one) for one in entry.conditions}
    parts = [
        np.where(missing[one.feature] > 0, ONE_ORDER, 0.0)
        if one.operator == "<="
        else missing[one.feature] / one.value
        for one in entry.conditions
    ]
    distance = np.max(parts, axis=0) if parts else np.full(today.customers, np.inf)
    near = np.flatnonzero(~out & (distance > 0) & (distance <= LITTLE))
    rows: Rows = near[np.argsort(distance[near], kind="stable")][:most]
    deadline = today.day + dt.timedelta(days=STEP_DAYS)
    return Candidates(rows, {name: one[rows] for name, one in missing.items()}, deadline)


def _lacking(past: Past, today: View, one: Condition) -> Doubles:
    values = today.columns[one.feature]
    if one.feature == "days_since_last":
        return np.where(values + STEP_DAYS > one.value, 1.0, 0.0)
    still = values - _dropping_out(past, one.feature)
    unit = grain(one.value) if feature(one.feature).unit == "amount" else 1.0
    units = np.ceil(np.round((one.value - still) / unit, 4))
    gap: Doubles = np.maximum(np.round(units * unit, 4), 0.0)
    return gap


def _dropping_out(past: Past, name: str) -> Doubles:
    """Give what counts today and no longer will at the next review."""
    window = WINDOWS_DAYS[name]
    total = "revenue" if feature(name).unit == "amount" else "orders"
    kept = past.since(past.today - dt.timedelta(days=window - STEP_DAYS), total)
    return np.round(past.columns(past.today)[name] - kept, 4)

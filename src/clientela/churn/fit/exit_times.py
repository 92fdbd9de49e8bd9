"""Exit times of customers flagged without a date: a survival likelihood, interval-censored.

A customer who is flagged left at some time between the last purchase and the end of the tables.
Two models share the features of past days: who leaves within a step of those under contract, and
who of those who stay buys nothing in it. The likelihood of a flag sums over the steps in which the
customer may have left, silent before each; of anyone else it is that of having stayed. It is
maximised over everybody, the silent for long among them, and each exit is drawn from what the
features and the silence leave possible.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.logistic import improve_ridge
from clientela.features.history import SAMPLE_SEED, History
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.sampling import draw_sample, hash_ids

Days = npt.NDArray[np.datetime64]

# Days of a step: a month, by convention, the step of the past dates learnt from.
STEP_DAYS = 30
# Steps back from the end, by convention: two years and a quarter, all dates that are learnt from.
MOST_STEPS = 27
# Customers whose likelihood is maximised: with 3,000 of simulated firms of 5,000 the mean time from
# the last purchase to the exit was up to 9 days of 40 off, with all of them up to 4.
SAMPLE = 10_000
# EM's rounds at the most, and the change of a coefficient that ends them, by convention.
ROUNDS, ENOUGH = 40, 1e-3
# Inverse of scikit-learn's C on standardised columns, by convention: mild.
PENALTY = 5.0
# Logarithms of the days of silence at which a slope may change, by convention: about a week, three
# weeks, and two months.
BENDS = (2.0, 3.0, 4.0)
READS = (
    "days_since_last",
    "tenure_days",
    "purchase_days",
    "orders",
    "orders_30d",
    "orders_90d",
    "orders_365d",
)


def estimate_exits(
    history: History, ids: pa.ChunkedArray, last_seen: Days, gap_days: float
) -> Days:
    """Draw the day on which each flagged customer left.

    Parameters
    ----------
    history : History
        Reaches the end of the tables, by which all of them left.
    ids : pa.ChunkedArray
        All customers, sorted.
    last_seen : array of datetime64[D], shape (customers,)
        The last purchase of those flagged, NaT of all others.
    gap_days : float
        The firm's typical gap: who was last seen before the first step, is not of the sample
        that is learnt from, or has a history of less than two steps, left so long after it.

    Returns
    -------
    array of datetime64[D], shape (customers,)
        After ``last_seen``, by ``history.as_of`` at the latest; NaT of those not flagged.

    References
    ----------
    Dempster, Laird & Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm;
    Turnbull (1976), The empirical distribution function with arbitrarily grouped, censored and
    truncated data.
    """
    end = np.datetime64(history.as_of, "D")
    exits = np.minimum(last_seen + np.timedelta64(max(round(gap_days), 1), "D"), end)
    days = _list_days(history)
    first, sample = np.datetime64(days[0], "D"), history.sample
    sampled = pc.is_in(ids, sample.snapshot(sample.as_of, READS)[KEY]).to_numpy()
    flagged = np.flatnonzero((last_seen > first) & sampled)
    if len(days) < 3 or not len(flagged):
        return exits
    last_days = np.where(np.isnat(last_seen), np.nan, (last_seen - first).astype(np.float64))
    rows = draw_sample(ids.to_pylist(), SAMPLE, SAMPLE_SEED)
    chances = _ExitModel(_read_steps(sample, days, ids.take(rows)), last_days[rows])
    leavers = ids.take(flagged)
    pairs = [chances.predict(_read_step(sample, day, leavers)) for day in days[:-1]]
    leaving, silence = (np.stack(side, axis=1) for side in zip(*pairs, strict=True))
    draws = [hash_ids(leavers.to_pylist(), seed) / 2.0**64 for seed in (0, 1)]
    left = _draw_exits(_fill(leaving), _fill(silence), last_days[flagged], *draws)
    exits[flagged] = np.minimum(first + left.astype(np.int64), end)
    return exits


def _list_days(history: History) -> list[dt.date]:
    """List the days that part the steps, the earliest first, the end last."""
    steps = min((history.as_of - history.first_day).days // STEP_DAYS, MOST_STEPS)
    return [history.as_of - dt.timedelta(days=STEP_DAYS * n) for n in range(steps, -1, -1)]


def _read_steps(history: History, days: Sequence[dt.date], ids: pa.ChunkedArray) -> Doubles:
    return np.stack([_read_step(history, day, ids) for day in days], axis=1)


def _read_step(history: History, day: dt.date, ids: pa.ChunkedArray) -> Doubles:
    """Return features of a day, shape (customers, features); NaN of those not yet customers."""
    table = history.snapshot(day, READS)
    rows = pc.fill_null(pc.index_in(ids, value_set=table[KEY]), -1)
    columns = _bend(*(doubles(table, name) for name in READS))
    missing = np.full((1, columns.shape[1]), np.nan)
    return np.asarray(np.vstack([columns, missing])[rows.to_numpy(zero_copy_only=False)])


def _bend(
    silence: Doubles,
    tenure: Doubles,
    days: Doubles,
    orders: Doubles,
    month: Doubles,
    quarter: Doubles,
    year: Doubles,
) -> Doubles:
    """Return silence, usual gap, pace and its fall on a logarithmic scale, with bends."""
    age = np.maximum(tenure, 1.0)
    quiet, gap = np.log1p(silence), np.log1p(age / np.maximum(days, 1.0))
    usual = np.log1p(STEP_DAYS * year / np.minimum(age, 365.0))
    recent = np.log1p(STEP_DAYS * quarter / np.minimum(age, 90.0))
    excess, fall = quiet - gap, usual - recent
    bends = [np.maximum(quiet - bend, 0.0) for bend in BENDS]
    bends += [np.maximum(excess - bend, 0.0) for bend in (0.0, 1.0)]
    counts = [np.log1p(count) for count in (orders, month, quarter, year, age)]
    return np.stack(
        [quiet, gap, excess, usual, recent, fall, np.maximum(fall, 0.0), *bends, *counts], axis=1
    )


class _ExitModel:
    """The chances of leaving within a step, and of silence of those who stay, fitted by EM.

    Parameters
    ----------
    steps : array of shape (customers, days, features)
        As read at the days that part the steps, the end among them.
    last_seen : array of shape (customers,)
        Days from the first of those days to the last purchase of those flagged, NaN of others.
    """

    def __init__(self, steps: Doubles, last_seen: Doubles) -> None:
        has_day = ~np.isnan(steps[:, :-1, 0])
        has_day[last_seen <= 0.0] = False
        rows = steps[:, :-1][has_day]
        self.mean, self.scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
        design = self._standardise(rows)
        silent = (steps[:, 1:, 0][has_day] > np.log(STEP_DAYS + 0.5)).astype(np.float64)
        flagged = last_seen > 0.0
        self.leaving, self.silence = np.zeros(design.shape[1]), np.zeros(design.shape[1])
        self.leaving[0] = np.log(flagged.sum() / len(rows))  # far below it EM's steps are short
        chances = np.full((2, *has_day.shape), np.nan)
        at_risk, leaves = has_day.astype(np.float64), np.zeros(has_day.shape)
        for _ in range(ROUNDS):
            chances[:, has_day] = _to_chance(design, self.leaving), _to_chance(design, self.silence)
            leaving, silence = map(_fill, chances[:, flagged])
            mass = _spread_exits(leaving, silence, last_seen[flagged])
            at_risk[flagged] = 1.0 - np.cumsum(mass, axis=1) + mass
            leaves[flagged] = mass / np.maximum(at_risk[flagged], 1e-12)
            weights, share = at_risk[has_day], np.clip(leaves[has_day], 0.0, 1.0)
            before = self.leaving
            self.leaving = improve_ridge(design, share, weights, PENALTY, before)
            stays = weights * (1.0 - share)
            self.silence = improve_ridge(design, silent, stays, PENALTY, self.silence)
            if np.abs(self.leaving - before).max() < ENOUGH:
                break

    def predict(self, rows: Doubles) -> tuple[Doubles, Doubles]:
        """Return the chances of leaving and of silence, NaN where nothing is known."""
        design = self._standardise(rows)
        return _to_chance(design, self.leaving), _to_chance(design, self.silence)

    def _standardise(self, rows: Doubles) -> Doubles:
        return np.column_stack([np.ones(len(rows)), (rows - self.mean) / self.scale])


def _to_chance(design: Doubles, coefficients: Doubles) -> Doubles:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(design @ coefficients, -9.0, 9.0))))


def _fill(chances: Doubles) -> Doubles:
    """Give those not yet customers when a step began the mean chance."""
    return np.where(np.isnan(chances), np.nanmean(chances), chances)


def _find_first_step(last_seen: Doubles, steps: int) -> tuple[npt.NDArray[np.intp], Doubles]:
    """Return the step of the last purchase, and the part of it that was left after it."""
    step = np.clip(last_seen // STEP_DAYS, 0, steps - 1).astype(np.intp)
    return step, np.maximum((step + 1) - last_seen / STEP_DAYS, 1.0 / STEP_DAYS)


def _spread_exits(leaving: Doubles, silence: Doubles, last_seen: Doubles) -> Doubles:
    """Return the probability that a flagged customer left in each step.

    Under contract and silent from the last purchase on until then; within a step exits are as
    likely on any day.
    """
    step, part = _find_first_step(last_seen, leaving.shape[1])
    steps = np.arange(leaving.shape[1])
    length = np.where(steps == step[:, None], part[:, None], 1.0)
    decay = -np.log(silence) * length
    stayed = np.where(steps < step[:, None], 0.0, length * np.log1p(-leaving) - decay)
    before = np.cumsum(stayed, axis=1) - stayed
    logs = before + np.log(leaving * length * -np.expm1(-decay) / decay)
    logs = np.where(steps < step[:, None], -np.inf, logs)
    mass = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(mass / mass.sum(axis=1, keepdims=True))


def _draw_exits(
    leaving: Doubles, silence: Doubles, last_seen: Doubles, which: Doubles, when: Doubles
) -> Doubles:
    """Draw the days from the first day to each exit, by two uniform numbers a customer."""
    mass = _spread_exits(leaving, silence, last_seen)
    drawn_steps = np.minimum(
        (which[:, None] > np.cumsum(mass, axis=1)).sum(axis=1), mass.shape[1] - 1
    )
    step, part = _find_first_step(last_seen, mass.shape[1])
    length = np.where(drawn_steps == step, part, 1.0)
    decay = -np.log(silence[np.arange(len(last_seen)), drawn_steps]) * length
    inside = -np.log1p(when * np.expm1(-decay)) / decay * length * STEP_DAYS
    start = np.maximum(last_seen, drawn_steps * STEP_DAYS)
    return np.asarray(start + np.maximum(np.ceil(inside), 1.0))

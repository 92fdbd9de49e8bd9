"""What known customers will bring, from few months: a rate of repeat purchases, and its season.

Days are gathered in blocks of four weeks back from the day. A block's repeat revenue, over the
customers exposed to it, is a rate; its logarithm is a Gaussian process of time: a level that
wanders, growth, a year's pattern of the firm's own, and as much of the usual year of retail as the
firm shows. First orders never enter: of customers known already there are none to come.

References
----------
Mack (1993), Distribution-free calculation of the standard error of chain ladder reserve estimates,
doi:10.2143/AST.23.2.2005092; Rasmussen, Williams (2006), Gaussian processes for machine learning.
"""

import datetime as dt
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from clientela.config.value import Season
from clientela.features.daily_revenue import DailyRevenue
from clientela.statistics.arrays import Doubles

BLOCK_DAYS = 28  # whole weeks; weekly blocks were worse, .144 for .132 (mean |log error|)
LEAST_BLOCKS = 3  # by convention: fewer show no rate that lasts
LEAST_CUSTOMERS = 20  # by convention: fewer are persons, not a rate
YEAR = 365.0  # days after which a season comes back, leap years aside
USUAL_YEAR = (
    *(-0.215, -0.265, -0.037, -0.160, -0.104, 0.021),
    *(-0.144, -0.087, 0.184, 0.228, 0.396, 0.183),
)
"""Logarithm of the months' rates, January first: the mean of four shops and official statistics."""
SMOOTH_DAYS = 15  # of the steps from month to month, by convention half a month
SEASONS: dict[Season, float] = {"none": 0.0, "usual": 0.75, "strong": 1.5}
"""How much of the usual year a firm is taken to have, before its own months speak."""
SEASON_SPREAD = 0.5  # chosen with the process below, on the same cells
LEVEL_SPREAD, WANDER_DAY, GROWTH_YEAR, OWN_YEAR, OWN_WIDTH = 5.0, 0.0003, 0.2, 0.2, 0.5
"""Of the process: chosen on 674 cells of twelve firms; each may move by a step for under .006."""
NOISE, MOST_SPREAD = 0.0025, 8.0
"""Variance of a block beside that of its purchases, and the most that a purchase's may count."""
RUNOFF_DAYS = 91.0  # chosen on the same cells: 30 to 182 days move the error by under .006
RUNOFFS = np.linspace(-0.1, 1.3, 15)
RUNOFF_MEAN, RUNOFF_SPREAD = 0.2, 0.3
"""Of the power: without a run-off the mean error was .147, with a fixed one .135, so .132."""


class Blocks(NamedTuple):
    """Repeat revenue and purchases of the blocks before a day, the latest first.

    ``customers`` counts the customers by the block of their first sale, one more than the blocks.
    """

    revenue: Doubles
    purchases: Doubles
    squares: float
    customers: Doubles


def forecast_repeats(
    daily: DailyRevenue, day: dt.date, horizon_days: int, season: Season = "usual"
) -> tuple[float, float] | None:
    """Forecast what the customers known on a day bring in the days after it.

    Parameters
    ----------
    daily : DailyRevenue
        Each customer's days; nothing after ``day`` counts.
    day : datetime.date
        The day.
    horizon_days : int
        Days after it.
    season : {"none", "usual", "strong"}
        What the owner says of the firm's year.

    Returns
    -------
    pair of float or None
        The total that is expected, and the standard deviation of its logarithm; None where there
        are too few blocks or customers, or nobody bought again.
    """
    blocks = count_blocks(daily, day)
    few = blocks.customers.sum() < LEAST_CUSTOMERS or len(blocks.revenue) < LEAST_BLOCKS
    if few or not blocks.revenue.sum() > 0:
        return None
    rates, ahead = _measure_rates(blocks, horizon_days)
    count = len(blocks.revenue)
    times = -(np.arange(count) + 0.5) * BLOCK_DAYS
    starts = np.arange(0, horizon_days, BLOCK_DAYS, dtype=np.float64)
    ends = np.minimum(starts + BLOCK_DAYS, horizon_days)
    everything = np.append(times, (starts + ends) / 2.0)
    edges = [(-(at + 1) * BLOCK_DAYS, -at * BLOCK_DAYS) for at in range(count)]
    edges += [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
    usual = np.array([average_season(day, after, upto) for after, upto in edges])
    kernel = _covariance(everything) + SEASON_SPREAD**2 * np.outer(usual, usual)
    mean = usual * SEASONS[season]
    noise = NOISE + min(blocks.squares, MOST_SPREAD) / (blocks.purchases + 1.0)
    factor = cho_factor(kernel[:count, :count] + np.diag(noise))
    off = rates - mean[:count, None]
    solved, across = cho_solve(factor, off), kernel[count:, :count]
    logs = mean[count:, None] + across @ solved
    rest = kernel[count:, count:] - across @ cho_solve(factor, across.T)
    likely = (
        -0.5 * (off * solved).sum(axis=0) - 0.5 * ((RUNOFFS - RUNOFF_MEAN) / RUNOFF_SPREAD) ** 2
    )
    weights = np.exp(likely - likely.max())
    weights /= weights.sum()
    parts = ahead * ((ends - starts) / BLOCK_DAYS)[:, None] * np.exp(logs)
    totals = np.log(parts.sum(axis=0))
    centre = float(weights @ totals)
    shares = (parts / parts.sum(axis=0)) @ weights
    spread = float(shares @ rest @ shares) + float(weights @ (totals - centre) ** 2)
    return float(np.exp(centre)), float(np.sqrt(spread))


def count_blocks(daily: DailyRevenue, day: dt.date) -> Blocks:
    """Sum up repeat revenue by block, and the customers by the block of their first sale."""
    today = daily.age(day)
    count = max(((day - daily.first_day).days + 1) // BLOCK_DAYS, 0)
    first = np.minimum((daily.first_age_days - today) // BLOCK_DAYS, count)
    block = (daily.age_days - today) // BLOCK_DAYS
    repeat = (block >= 0) & (block < count) & (first[daily.customer] > block)
    amount = daily.amount[repeat]
    sums = np.bincount(block[repeat], amount, minlength=count)
    paid = amount > 0
    purchases = np.bincount(block[repeat][paid], minlength=count)
    mean = float(amount[paid].mean()) if paid.any() else 1.0
    squares = float((amount[paid] ** 2).mean()) / mean**2 if paid.any() else 1.0
    customers = np.bincount(first[first >= 0], minlength=count + 1)
    return Blocks(
        np.maximum(sums, 0.0), purchases.astype(np.float64), squares, customers.astype(np.float64)
    )


def _measure_rates(blocks: Blocks, horizon_days: int) -> tuple[Doubles, Doubles]:
    """Return the logarithm of the rate by block and the exposure ahead, a column a run-off."""
    count = len(blocks.revenue)
    cohort = np.arange(count + 1)
    ages = np.asarray((cohort[None, :] - np.arange(count)[:, None]) * BLOCK_DAYS, np.float64)
    starts = np.arange(0, horizon_days, BLOCK_DAYS)
    centres = (starts + np.minimum(starts + BLOCK_DAYS, horizon_days)) / 2.0
    later = np.asarray((cohort[None, :] + 0.5) * BLOCK_DAYS + centres[:, None], np.float64)
    past = np.stack([_expose(ages, runoff) @ blocks.customers for runoff in RUNOFFS], axis=1)
    ahead = np.stack([_expose(later, runoff) @ blocks.customers for runoff in RUNOFFS], axis=1)
    order = blocks.revenue.sum() / max(blocks.purchases.sum(), 1.0)
    rate = blocks.revenue.sum() / np.maximum(past.sum(axis=0), 1e-9)
    return np.log((blocks.revenue[:, None] + order) / (past + order / rate)), ahead


def _expose(ages: Doubles, runoff: float) -> Doubles:
    """Return how much a customer of an age still buys, over one just won; nothing before that."""
    active: Doubles = np.where(
        ages > 0, (1.0 + np.maximum(ages, 0.0) / RUNOFF_DAYS) ** -runoff, 0.0
    )
    return active


def _covariance(times: Doubles) -> Doubles:
    """Return the covariance of the level at moments, in days: constant, walk, growth, own year."""
    since = times - times.min()
    walk = WANDER_DAY * np.minimum(since[:, None], since[None, :])
    growth = GROWTH_YEAR**2 * np.outer(times, times) / YEAR**2
    turn = np.sin(np.pi * (times[:, None] - times[None, :]) / YEAR)
    covariance: Doubles = LEVEL_SPREAD**2 + walk + growth
    return covariance + OWN_YEAR**2 * np.exp(-2.0 * (turn / OWN_WIDTH) ** 2)


def average_season(day: dt.date, after: int, upto: int) -> float:
    """Return the usual season's mean over the days (after, upto], counted from a day."""
    first = day.timetuple().tm_yday + after
    days = np.arange(first, first + upto - after) % int(YEAR)
    return float(_daily_season()[days].mean())


@cache
def _daily_season() -> Doubles:
    """Return the usual year by day, smoothed over the months' steps."""
    lengths = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    steps = np.repeat(np.asarray(USUAL_YEAR), lengths)
    window = np.ones(2 * SMOOTH_DAYS + 1) / (2 * SMOOTH_DAYS + 1)
    around = np.concatenate([steps[-SMOOTH_DAYS:], steps, steps[:SMOOTH_DAYS]])
    return np.convolve(around, window, mode="valid")

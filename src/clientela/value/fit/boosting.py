"""Boosted trees fitted on past dates: who brings more than whom, whatever the date's season.

Dates differ in level (season, growth), and a model that saw only some seasons cannot know the next
one's. So each date is brought to its own level first: the revenue is divided by the date's mean,
the log-odds of buying are counted from the date's share of buyers, the logarithm of a buyer's
revenue from the date's mean. The level of the day of a forecast is forecast apart
(:mod:`clientela.value.fit.level`).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from clientela.statistics.arrays import Doubles
from clientela.value.fit.past_dates import RevenueOutcome, sample_rows
from clientela.value.score.forecasts import TweedieForecast, TwoStageForecast
from clientela.value.score.inputs import LEARNT_FROM, ValueInputs
from clientela.value.score.trees import ValueTrees

MOST_ROWS = 20_000  # of all dates: boosting costs in proportion
QUANTILES = 101  # percentiles of the errors
LEAST_SHARE = 0.005  # by convention: keeps log-odds finite
Pairs = Sequence[tuple[ValueInputs, RevenueOutcome]]
Parameters = dict[str, Any]

FIXED: Parameters = {
    "num_threads": 1,
    "verbose": -1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
    "max_bin": 63,
}
DEFAULT: Parameters = {
    "rounds": 60,
    "learning_rate": 0.07,
    "num_leaves": 12,
    "min_data_in_leaf": 40,
    "lambda_l2": 1.0,
    "feature_fraction": 0.7,
    "variance_power": 1.3,
}
"""Used where nothing was tuned."""


def stack_rows(pairs: Pairs, seed: int) -> tuple[Doubles, Doubles, Doubles]:
    """Put the rows of several dates together, at most 20,000 of them.

    Returns
    -------
    array of shape (rows, features), array, array
        Columns of :data:`clientela.value.score.inputs.LEARNT_FROM`; revenue over the date's mean,
        not below 0; and the log-odds of buying, of all customers of the row's date.
    """
    row_sets = sample_rows(pairs, MOST_ROWS, seed)
    parts = []
    for (inputs, outcome), rows in zip(pairs, row_sets, strict=True):
        paid = np.maximum(outcome.revenue, 0.0)
        mean = float(paid.mean())
        if mean > 0:
            odds = np.full(len(rows), compute_log_odds(outcome))
            parts.append((inputs.matrix[rows], paid[rows] / mean, odds))
    if not parts:
        return np.zeros((0, len(LEARNT_FROM))), np.zeros(0), np.zeros(0)
    matrix, revenue, odds = (np.concatenate(part) for part in zip(*parts, strict=True))
    return matrix, revenue, odds


def compute_log_odds(outcome: RevenueOutcome) -> float:
    """Return the log-odds that a customer of a date bought, kept away from certainty."""
    share = min(max(float(outcome.bought.mean()), LEAST_SHARE), 1.0 - LEAST_SHARE)
    return float(np.log(share / (1.0 - share)))


def fit_tweedie(
    matrix: Doubles, revenue: Doubles, parameters: Parameters, seed: int
) -> TweedieForecast:
    """Fit the revenue in one go."""
    power = {"objective": "tweedie", "tweedie_variance_power": parameters["variance_power"]}
    return TweedieForecast(_trees(matrix, revenue, None, parameters | power, seed))


def fit_two_stage(
    matrix: Doubles, revenue: Doubles, log_odds: Doubles, parameters: Parameters, seed: int
) -> TwoStageForecast:
    """Fit whether a customer buys, and how much if so."""
    bought = revenue > 0
    whether = parameters | {"objective": "binary", "boost_from_average": False}
    buys = _trees(matrix, bought.astype(np.float64), log_odds, whether, seed)
    paid = np.log(revenue[bought])
    much = parameters | {"objective": "regression"}
    amount = _trees(matrix[bought], paid, None, much, seed)
    errors = paid - amount.raw(matrix[bought])
    return TwoStageForecast(buys, amount, np.quantile(errors, np.linspace(0.0, 1.0, QUANTILES)))


def compute_deviance(revenue: Doubles, forecast: Doubles, power: float = 1.5) -> float:
    """Return the mean Tweedie deviance, a proper score of a mean forecast that giants do not rule.

    Examples
    --------
    >>> compute_deviance(np.array([1.0, 0.0]), np.array([1.0, 0.25]))
    1.0
    """
    mean = np.maximum(forecast, 1e-9)
    own = np.maximum(revenue, 0.0)
    spread = (
        own ** (2.0 - power) / ((1.0 - power) * (2.0 - power))
        - own * mean ** (1.0 - power) / (1.0 - power)
        + mean ** (2.0 - power) / (2.0 - power)
    )
    return float(2.0 * spread.mean())


def _trees(
    matrix: Doubles, target: Doubles, start: Doubles | None, parameters: Parameters, seed: int
) -> ValueTrees:
    import lightgbm

    settings = {
        key: parameter
        for key, parameter in parameters.items()
        if key not in ("rounds", "variance_power")
    }
    settings |= FIXED | {"seed": seed}
    data = lightgbm.Dataset(
        matrix, target, init_score=start, params={"verbose": -1, "max_bin": FIXED["max_bin"]}
    )
    booster = lightgbm.train(settings, data, parameters["rounds"])
    text = booster.model_to_string()
    return ValueTrees(np.frombuffer(text.encode(), np.uint8).copy())

"""How forecasts of earlier runs turned out, now that their horizons are over."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from clientela.contract.tables import Unit
from clientela.monitoring.check import Check, State
from clientela.statistics.arrays import Doubles, doubles
from clientela.statistics.ranking import rank_rows, roc_auc

PREDICTIONS = (
    "customer_id",
    "insider",
    "churn_probability",
    "churn_band",
    "expected_revenue",
    "expected_revenue_low",
    "expected_revenue_high",
)
SIGMAS = 3.0  # by convention: Shewhart's control limits
TO_SIGMA = 3.92  # a 95 % interval of a normal distribution in standard deviations
LEVEL_SLACK = 0.2
"""Part by which the share that left may miss its prediction beside chance. By convention a fifth:
customers share their seasons, so that binomial limits alone are too narrow."""
AUC_DATE_ERROR = 0.015
"""Standard deviation of an AUC between dates, beside that of customers, which is next to nothing
where there are many: on both years of UCI three dates have .771 to .784, a fourth .736
(``python benchmarks/churn.py``); the first run of a million customers alarmed at .81 for .84."""
COVERAGE_SLACK = 0.1  # by convention: ranges of 80 % that hold in 70 % are still of use
INTERVAL_SLACK = 1.0
"""Half widths that a group's revenue may lie beyond its range of 80 %: twice the range is 2.6
standard deviations of a normal distribution, which one of a hundred misses."""
LEAST_LEAVERS = 30  # by convention: with fewer, an AUC's standard error is near a tenth


Promises = Mapping[str, tuple[float, float, float]]
"""Figure or metric of a run to its value, low and high."""


def check_churn(customers: pa.Table, promises: Promises) -> list[Check]:
    """Compare probabilities of leaving with who bought nothing: ranking and level.

    Parameters
    ----------
    customers : pa.Table
        Columns of :data:`PREDICTIONS`, with ``later_revenue`` and ``later_orders``.
    promises : mapping
        What the run of the predictions said of them.
    """
    chance, left = _select_scored(customers)
    leavers = float(left.sum())
    if min(leavers, len(left) - leavers) < LEAST_LEAVERS:
        return [Check("performance", name, "learning") for name in ("churn_auc", "churn_level")]
    realised = float(roc_auc(*rank_rows(chance, left))[0])
    error = _compute_auc_error(realised, leavers, len(left) - leavers)
    promise = promises.get("roc_auc", (estimate_auc(chance), 0.0, 0.0))
    return [
        _judge_auc("churn_auc", realised, error, promise),
        _judge_level(chance, left),
    ]


def check_estimated_auc(customers: pa.Table, promise: tuple[float, float, float] | None) -> Check:
    """Estimate today's ranking before outcomes come, from the probabilities themselves.

    It takes them to be calibrated: where the level of churn moves it errs, and the check of ripe
    outcomes shows by how much.

    References
    ----------
    Garg et al. (2022), Leveraging unlabeled data to predict out-of-distribution performance, ICLR,
    discuss such estimates and where they fail.
    """
    chance = doubles(customers, "churn_probability")
    chance = chance[~np.isnan(chance)]
    if promise is None or len(chance) < LEAST_LEAVERS:
        return Check("performance", "churn_auc_estimated", "learning")
    estimate = estimate_auc(chance)
    leavers = float(chance.sum())
    error = _compute_auc_error(estimate, leavers, len(chance) - leavers)
    return _judge_auc("churn_auc_estimated", estimate, error, promise)


def estimate_auc(chance: Doubles) -> float:
    """Return the area under the ROC curve that calibrated probabilities imply.

    Examples
    --------
    >>> round(estimate_auc(np.array([0.1, 0.9])), 2)
    0.9
    """
    return float(roc_auc(*rank_rows(chance, chance))[0])


def check_value(customers: pa.Table, promises: Promises, level: float) -> list[Check]:
    """Compare revenue forecasts with the revenue that came: of everyone, of members, one by one.

    The ranges should hold a share ``level`` of the customers; the rest as :func:`check_churn`.
    """
    revenue = doubles(customers, "later_revenue")
    members = np.isin(customers["insider"].to_numpy(zero_copy_only=False), ("member", "leaving"))
    groups = {"expected_revenue_known": revenue, "expected_revenue_members": revenue[members]}
    checks = [
        _judge_revenue(name.replace("expected", "realised"), float(values.sum()), promise)
        for name, values in groups.items()
        if (promise := promises.get(name)) is not None and len(values)
    ]
    low, high = (doubles(customers, f"expected_revenue_{end}") for end in ("low", "high"))
    judged = ~np.isnan(low) & ~np.isnan(high)
    if judged.sum() >= LEAST_LEAVERS:
        inside = (revenue >= low) & (revenue <= high)
        share, least = float(inside[judged].mean()), level - COVERAGE_SLACK
        checks.append(_judge("value_coverage", share, "share", level, least, None))
    return checks


def _select_scored(customers: pa.Table) -> tuple[Doubles, Doubles]:
    chance = doubles(customers, "churn_probability")
    left = (doubles(customers, "later_orders") == 0.0).astype(np.float64)
    present = ~np.isnan(chance)
    return chance[present], left[present]


def _judge_auc(name: str, value: float, error: float, promise: tuple[float, float, float]) -> Check:
    expected, low, high = promise
    promised_error = (high - low) / TO_SIGMA
    least = expected - SIGMAS * float(np.linalg.norm([error, promised_error, AUC_DATE_ERROR]))
    return _judge(name, value, "", expected, least, None)


def _judge_level(chance: Doubles, left: Doubles) -> Check:
    expected = float(chance.mean())
    error = float(np.sqrt(np.sum(chance * (1.0 - chance)))) / len(chance)
    slack = SIGMAS * error + LEVEL_SLACK * expected
    value = float(left.mean())
    return _judge("churn_level", value, "share", expected, expected - slack, expected + slack)


def _judge_revenue(name: str, value: float, promise: tuple[float, float, float]) -> Check:
    expected, low, high = promise
    slack = INTERVAL_SLACK * (high - low) / 2.0
    return _judge(name, value, "amount", expected, low - slack, high + slack)


def _judge(
    name: str, value: float, unit: Unit, expected: float, low: float, high: float | None
) -> Check:
    is_inside = value >= low and (high is None or value <= high)
    state: State = "ok" if is_inside else "alarm"
    return Check("performance", name, state, unit, value, expected, low, high)


def _compute_auc_error(area: float, leavers: float, stayers: float) -> float:
    """Return the standard error of an AUC by Hanley & McNeil (1982), as ``roc_auc`` cites them."""
    both_leavers, both_stayers = area / (2.0 - area), 2.0 * area**2 / (1.0 + area)
    variance = (
        area * (1.0 - area)
        + (leavers - 1.0) * (both_leavers - area**2)
        + (stayers - 1.0) * (both_stayers - area**2)
    ) / (leavers * stayers)
    return float(np.sqrt(max(variance, 0.0)))

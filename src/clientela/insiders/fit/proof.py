"""The proof: what members chosen on past dates brought afterwards, beside others.

That members outspend the rest is trivial. What counts is the paired difference from as many
customers chosen by something simpler, and that is all that is proved: a good selection, not an
effect of the programme, which only an experiment can show.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.insiders.fit.proof_material import NAIVE, ProofDate
from clientela.insiders.score.arrow_schemas import PROOF
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import UnitIds, assign_units, interval, resample_sums
from clientela.statistics.dates import Difference
from clientela.statistics.significance import compute_exchange_p_value

GROUPS = ("members", "rest", *NAIVE)


SelectionTests = dict[str, tuple[Difference, float]]
"""By naive rule: later revenue for each customer chosen, members less as many by the rule, paired
over all dates; and the p-value of the permutation test."""


def prove_selection(
    trials: Sequence[ProofDate], customers: int, resamples: int, seed: int
) -> tuple[pa.Table, SelectionTests]:
    """Count what came after the trials, and compare members with the naive choices.

    Parameters
    ----------
    trials : sequence of ProofDate
        Past dates; none of them makes an empty proof.
    customers : int
        Number of today's customers, whose positions the trials name.
    resamples, seed : int
        Of the bootstrap and of the permutations.

    Returns
    -------
    pa.Table, dict
        ``programme_proof``, what was counted: rows without a date are of all dates together, of
        which customers count once for each; and what was tested. Both are empty without trials.
    """
    if not trials:
        return PROOF.empty_table(), {}
    unit = assign_units(customers, seed)
    sums = _sums(trials, unit)
    draws = resample_sums(sums.reshape(len(sums), -1), resamples, seed).reshape(-1, *sums.shape[1:])
    counts = list(_counts(trials, sums.sum(axis=0), draws))
    members = sums[:, -1, GROUPS.index("members"), 1]
    added = np.stack([_sum_differences(name, trials, unit) for name in NAIVE], axis=1)
    tests = _tests(members, added, resamples, seed)
    return pa.Table.from_pylist(counts, PROOF), tests


def _sums(trials: Sequence[ProofDate], unit: UnitIds) -> Doubles:
    """Return revenue and presence of each unit: (units, dates and all, groups, 2)."""
    sums = np.zeros((unit.max() + 1, len(trials) + 1, len(GROUPS), 2))
    for position, trial in enumerate(trials):
        revenue, of = _require_outcome(trial.view.later_revenue), unit[trial.view.rows]
        for column, name in enumerate(GROUPS):
            selection = trial.groups[name]
            sums[:, position, column, 0] = np.bincount(of[selection], revenue[selection], len(sums))
            sums[:, position, column, 1] = np.bincount(of[selection], minlength=len(sums))
    sums[:, -1] = sums[:, :-1].sum(axis=1)
    return sums


def _counts(
    trials: Sequence[ProofDate], totals: Doubles, draws: Doubles
) -> Iterator[dict[str, Any]]:
    for position, trial in enumerate((*trials, None)):
        for column, name in enumerate(GROUPS):
            revenue, customers = totals[position, column]
            if not customers:
                continue
            low, high = interval(_ratio(draws[:, position, column]))
            of = trials if trial is None else [trial]
            orders = np.concatenate(
                [_require_outcome(item.view.later_orders)[item.groups[name]] for item in of]
            )
            yield {
                "as_of": None if trial is None else trial.view.day,
                "customer_group": name,
                "customers": int(customers),
                "revenue_per_customer": float(revenue / customers),
                "low": None if np.isnan(low) else low,
                "high": None if np.isnan(high) else high,
                "retention": float(np.mean(orders > 0)),
                "orders_per_customer": float(np.mean(orders)),
            }


def _tests(members: Doubles, added: Doubles, resamples: int, seed: int) -> SelectionTests:
    """Compare with each naive rule.

    Both choices are equally large, and so they are in every resample: what a resample has too few
    of one choice counts as the mean of those on whom both differ.
    """
    draws = resample_sums(np.column_stack([members, added]), resamples, seed)
    tests = {}
    for column, name in enumerate(NAIVE):
        value = float(added[:, column].sum() / members.sum())
        bounds = interval(draws[:, column + 1] / np.maximum(draws[:, 0], 1.0))
        p_value = compute_exchange_p_value(added[:, column], resamples, seed)
        tests[name] = Difference(value, *bounds), p_value
    return tests


def _sum_differences(name: str, trials: Sequence[ProofDate], unit: UnitIds) -> Doubles:
    """Return what each unit adds to the difference, from the mean of those in one group only."""
    added = np.zeros(unit.max() + 1)
    for trial in trials:
        sign = trial.groups["members"].astype(np.float64) - trial.groups[name]
        differ = sign != 0
        if differ.any():
            revenue = _require_outcome(trial.view.later_revenue)[differ]
            change = sign[differ] * (revenue - revenue.mean())
            added += np.bincount(unit[trial.view.rows[differ]], change, len(added))
    return added


def _ratio(pairs: Doubles) -> Doubles:
    revenue, customers = pairs[..., 0], pairs[..., 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(revenue / customers)


def _require_outcome(values: Doubles | None) -> Doubles:
    if values is None:
        raise ValueError("a date can be tried only once its horizon is over")
    return values

"""The proof: what members chosen on past dates brought afterwards, beside others.

That members outspend the rest is trivial. What counts is the paired difference from as many
customers chosen by something simpler, and that is all that is proved: a good selection, not an
effect of the programme, which only an experiment can show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clientela.insiders.fit.proof_material import NAIVE, ProofDate
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import UnitIds, assign_units, interval, resample_sums
from clientela.statistics.significance import compute_exchange_p_value

GROUPS = ("members", "rest", *NAIVE)


@dataclass(frozen=True)
class GroupOutcome:
    """What a group did after a date, or after all dates together.

    Parameters
    ----------
    trial : ProofDate or None
        None for all dates together.
    group : str
        One of :data:`GROUPS`.
    customers : int
        Of all dates together, customers count once for each date.
    revenue, low, high : float
        Later revenue for each customer with its 95 % interval, customers resampled.
    retention, orders : float
        Share that bought again; orders for each customer.
    """

    trial: ProofDate | None
    group: str
    customers: int
    revenue: float
    low: float
    high: float
    retention: float
    orders: float


@dataclass(frozen=True)
class SelectionTest:
    """Members against as many customers chosen by a naive rule, paired, over all dates.

    Parameters
    ----------
    baseline : str
        The naive rule.
    difference, low, high : float
        Later revenue for each customer chosen, members less baseline, with its 95 % interval.
    p_value : float
        Of the permutation test.
    """

    baseline: str
    difference: float
    low: float
    high: float
    p_value: float

    @property
    def better(self) -> bool:
        """Whether members brought more, beyond chance."""
        return self.low > 0

    @property
    def worse(self) -> bool:
        """Whether members brought less, beyond chance."""
        return self.high < 0


@dataclass(frozen=True)
class SelectionProof:
    """What was counted and what was tested; both empty where no past date can be judged."""

    counts: tuple[GroupOutcome, ...]
    tests: tuple[SelectionTest, ...]


def prove_selection(
    trials: Sequence[ProofDate], customers: int, resamples: int, seed: int
) -> SelectionProof:
    """Count what came after the trials, and compare members with the naive choices.

    Parameters
    ----------
    trials : sequence of ProofDate
        Past dates; none of them makes an empty proof.
    customers : int
        Number of today's customers, whose positions the trials name.
    resamples, seed : int
        Of the bootstrap and of the permutations.
    """
    if not trials:
        return SelectionProof((), ())
    unit = assign_units(customers, seed)
    sums = _sums(trials, unit)
    draws = resample_sums(sums.reshape(len(sums), -1), resamples, seed).reshape(-1, *sums.shape[1:])
    counts = tuple(_counts(trials, sums.sum(axis=0), draws))
    members = sums[:, -1, GROUPS.index("members"), 1]
    added = np.stack([_sum_differences(name, trials, unit) for name in NAIVE], axis=1)
    return SelectionProof(counts, tuple(_tests(members, added, resamples, seed)))


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


def _counts(trials: Sequence[ProofDate], totals: Doubles, draws: Doubles) -> Iterator[GroupOutcome]:
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
            yield GroupOutcome(
                trial=trial,
                group=name,
                customers=int(customers),
                revenue=float(revenue / customers),
                low=low,
                high=high,
                retention=float(np.mean(orders > 0)),
                orders=float(np.mean(orders)),
            )


def _tests(members: Doubles, added: Doubles, resamples: int, seed: int) -> Iterator[SelectionTest]:
    """Compare with each naive rule.

    Both choices are equally large, and so they are in every resample: what a resample has too few
    of one choice counts as the mean of those on whom both differ.
    """
    draws = resample_sums(np.column_stack([members, added]), resamples, seed)
    for column, name in enumerate(NAIVE):
        low, high = interval(draws[:, column + 1] / np.maximum(draws[:, 0], 1.0))
        yield SelectionTest(
            baseline=name,
            difference=float(added[:, column].sum() / members.sum()),
            low=low,
            high=high,
            p_value=compute_exchange_p_value(added[:, column], resamples, seed),
        )


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

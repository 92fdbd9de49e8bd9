"""The programme of a firm, from its history: policies compared, rules learnt, simulated, proved."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Programme
from clientela.features.history import History
from clientela.insiders.fit.exit_rule import RulePair, judge_rules, simulate_rules
from clientela.insiders.fit.learning import learn_rules_by
from clientela.insiders.fit.policies import Labels, PolicyChoice, PolicyChooser, prefer_policy
from clientela.insiders.fit.proof import prove_selection
from clientela.insiders.fit.proof_material import (
    ProofDate,
    ViewForecast,
    build_proof_dates,
    estimate_value,
)
from clientela.insiders.fit.remarks import collect_notes
from clientela.insiders.fit.tables import (
    build_months_table,
    build_policies_table,
    build_proof_table,
    build_rules_table,
    build_size_curve,
    build_tests_table,
)
from clientela.insiders.score.membership import MembershipSimulation, simulate_membership
from clientela.insiders.score.membership_status import MembershipStatus, find_near_misses
from clientela.insiders.score.monthly_snapshots import KEY, MonthlySnapshots, build_snapshots
from clientela.insiders.score.months import MonthViews, sample_learners, view_months
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import ProgrammeRule

SegmentOf = Callable[[pa.Table], Labels] | Labels
RULES = "rules"


@dataclass(frozen=True)
class ProgrammeInputs:
    """What the programme need not find out by itself.

    Parameters
    ----------
    expected : callable
        Gives what each customer of a view can be expected to bring; naive unless given.
    entry, exit : Rule, optional
        The rules in force: members learnt by them once are not put out by a new lesson.
    """

    expected: ViewForecast = estimate_value
    entry: ProgrammeRule | None = None
    exit: ProgrammeRule | None = None


NOTHING = ProgrammeInputs()


def build_programme(
    history: History,
    snapshot: pa.Table,
    segment_of: SegmentOf,
    settings: Programme,
    currency: str | None,
    given: ProgrammeInputs = NOTHING,
) -> ProgrammeResult:
    """Choose the members, now and on past days, and show what speaks for the choice.

    Parameters
    ----------
    history : History
        The firm's past, up to the day of the programme.
    snapshot : pa.Table
        The customers as of ``history.as_of``, with all features.
    segment_of : callable or array of int
        Gives the segments of the rows of a snapshot, asked of ``snapshot`` alone; or those of
        ``snapshot``, row by row.
    settings : Programme
        Budget, policy, horizon, grace.
    currency : str or None
        ISO 4217 code of the amounts.
    given : Given
        Rules in force and a model of expected value, where there are any.

    Returns
    -------
    ProgrammeResult
        Tables, states, rules and headline facts; of a history too short or too plain to choose
        from the tables are empty and a note says why.
    """
    behind = build_snapshots(history, snapshot, settings.horizon_days)
    everyone, among = view_months(behind, behind.today), sample_learners(behind, settings.seed)
    if given.entry is None or given.exit is None:
        learnt = learn_rules_by(behind, everyone, among, settings)
    else:
        learnt = judge_rules(everyone, given.entry, given.exit, settings.grace_days)
    run = simulate_rules(everyone, learnt.entry, learnt.exit, settings.grace_days)
    tried = build_proof_dates(behind, everyone, among, settings)
    labels = _labels(snapshot, segment_of)
    choosing = PolicyChooser(labels, settings.budget_share, settings.seed, given.expected)
    policies = choosing.compare(everyone.today, run.member[-1], tried)
    policy = prefer_policy(policies, settings.policy)
    if policy.name != RULES:
        run = _rechosen(everyone, choosing, policy)
    made = _Made(behind, everyone, learnt, run, tried, policies, policy, labels)
    return _result(made, settings, currency)


@dataclass(frozen=True)
class _Made:
    behind: MonthlySnapshots
    everyone: MonthViews
    learnt: RulePair
    run: MembershipSimulation
    tried: list[ProofDate]
    policies: tuple[PolicyChoice, ...]
    policy: PolicyChoice
    labels: Labels

    def standing(self) -> MembershipStatus:
        today = self.everyone.today
        near = None
        if self.policy.name == RULES and self.learnt.entry.conditions:
            member = self.run.member[-1]
            away = today.columns["days_since_last"] > self.learnt.away_days
            most = int(member.sum())
            near = find_near_misses(self.behind, today, self.learnt.entry, member | away, most)
        return MembershipStatus(
            self.behind.latest[KEY],
            today,
            self.run,
            self.policy.name,
            self.learnt.entry,
            self.learnt.exit,
            near,
            self.labels,
        )


def _result(made: _Made, settings: Programme, currency: str | None) -> ProgrammeResult:
    standing, today = made.standing(), made.everyone.today
    proof = prove_selection(made.tried, today.customers, settings.resamples, settings.seed)
    tables = {
        "programme_policies": build_policies_table(
            made.policies, made.policy, today, settings.budget_share
        ),
        "programme_size": build_size_curve(today.columns["revenue_365d"], settings.budget_share),
        "programme_rules": build_rules_table(
            made.learnt.entry, made.learnt.exit, settings.grace_days, currency
        ),
        "programme_members": standing.table(currency),
        "programme_months": build_months_table(made.run, made.everyone),
        "programme_proof": build_proof_table(proof),
        "programme_tests": build_tests_table(proof, made.tried, settings.horizon_days, currency),
    }
    return ProgrammeResult(
        tables=tables,
        status=standing.status(),
        entry=made.learnt.entry,
        exit=made.learnt.exit,
        members=_members(made),
        proved=_proved(made),
        facts=_facts(made, standing, settings),
    )


def _labels(snapshot: pa.Table, segment_of: SegmentOf) -> Labels:
    """Give the segments of today's customers, sorted by their ids."""
    labels: Labels = segment_of(snapshot) if callable(segment_of) else np.asarray(segment_of)
    by_id: Labels = labels[pc.sort_indices(snapshot[KEY]).to_numpy()]
    return by_id


def _rechosen(
    everyone: MonthViews, choosing: PolicyChooser, policy: PolicyChoice
) -> MembershipSimulation:
    """Choose anew each month by a policy without rules; by segments, today only."""
    chosen = np.zeros((len(everyone.views), everyone.today.customers), dtype=np.bool_)
    for row, view in zip(chosen, everyone.views, strict=True):
        if choosing.can_earlier(policy.name):
            row[view.rows] = choosing.chosen(policy.name, view, choosing.places(view))
    chosen[-1] = policy.chosen
    return simulate_membership(everyone.days, chosen, chosen, grace_days=0)


def _members(made: _Made) -> dict[dt.date, frozenset[str]]:
    ids = np.array(made.behind.latest[KEY].to_pylist(), dtype=object)
    return {
        day: frozenset(ids[row]) for day, row in zip(made.run.days, made.run.member, strict=True)
    }


def _proved(made: _Made) -> dict[dt.date, frozenset[str]]:
    ids = np.array(made.behind.latest[KEY].to_pylist(), dtype=object)
    return {
        trial.view.day: frozenset(ids[trial.view.rows][trial.groups["members"]])
        for trial in made.tried
    }


def _facts(made: _Made, standing: MembershipStatus, settings: Programme) -> dict[str, Any]:
    member, revenue = made.run.member[-1], made.everyone.today.columns["revenue_365d"]
    everything = float(revenue.sum())
    return {
        "name": settings.name,
        "policy": made.policy.name,
        "customers": made.everyone.today.customers,
        "members": int(member.sum()),
        "leaving": int(made.run.leaving.sum()),
        "candidates": 0 if standing.near is None else len(standing.near.rows),
        "members_share": float(member.mean()) if len(member) else 0.0,
        "revenue_share": float(revenue[member].sum()) / everything if everything > 0 else None,
        "budget_share": settings.budget_share,
        "months": len(made.run.days),
        "first_month": made.run.days[0].isoformat(),
        "flapping_share": made.run.flapping_share,
        "grace_days": settings.grace_days,
        "away_days": made.learnt.away_days,
        "horizon_days": settings.horizon_days,
        "learnt_days": len(made.everyone.judgeable),
        "proof_dates": [trial.view.day.isoformat() for trial in made.tried],
        "notes": collect_notes(
            made.everyone, made.learnt, made.run, made.tried, made.policy, settings
        ),
    }

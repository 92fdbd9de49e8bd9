"""The programme of a firm, from its history: policies compared, rules learnt, simulated, proved."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Programme
from clientela.features.history import History
from clientela.insiders.fit.exit_rule import RulePair, judge_rules, simulate_rules, tune_exit
from clientela.insiders.fit.learning import learn_rules_by
from clientela.insiders.fit.policies import Labels, PolicyChoice, compare_policies
from clientela.insiders.fit.proof import SelectionTests, prove_selection
from clientela.insiders.fit.proof_material import (
    ProofDate,
    RulesByDay,
    ViewForecast,
    build_proof_dates,
    estimate_value,
)
from clientela.insiders.fit.remarks import PROMISED_FLAPPING, collect_notes
from clientela.insiders.fit.sizes import build_sizes_table
from clientela.insiders.fit.tables import (
    build_months_table,
    build_policies_table,
    build_rules_table,
    build_size_curve,
    build_tests_table,
)
from clientela.insiders.score.ledger import find_next_review
from clientela.insiders.score.membership import MembershipSimulation
from clientela.insiders.score.membership_status import (
    MembershipStatus,
    ProgrammeMembers,
    find_near_misses,
    list_launch,
    place_members,
)
from clientela.insiders.score.monthly_snapshots import KEY, MonthlySnapshots, build_snapshots
from clientela.insiders.score.months import DayView, MonthViews, sample_learners, view_months
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import Chosen, ProgrammeRule
from clientela.insiders.score.tiers import write_tiers
from clientela.registry.past_evidence import Recall, measure_anew
from clientela.store.programme import Membership

SegmentOf = Callable[[pa.Table], Labels] | Labels
RULES = "rules"
LAST_YEAR = "revenue_365d"  # the naive choice that a firm can make without any rule


def build_programme(  # noqa: PLR0913 - what is known before, by keyword
    history: History,
    snapshot: pa.Table,
    segment_of: SegmentOf,
    settings: Programme,
    currency: str | None,
    *,
    expected: ViewForecast = estimate_value,
    rules: RulesByDay | None = None,
    memberships: Mapping[str, Membership] | None = None,
    recall: Recall = measure_anew,
) -> ProgrammeResult:
    """Choose the members, now and on past days, and show what speaks for the choice.

    Parameters
    ----------
    history : History
        The firm's past, up to the day of the programme.
    snapshot : pa.Table
        The customers as of ``history.as_of``, with all features.
    segment_of : callable or array of int
        Returns the segments of the rows of a snapshot, asked of ``snapshot`` alone; or those of
        ``snapshot``, row by row.
    settings : Programme
        Budget, policy, horizon, grace.
    currency : str or None
        ISO 4217 code of the amounts.
    expected : callable
        Returns what each customer of a view can be expected to bring; naive unless given.
    rules : RulesByDay, optional
        Rules that are not learnt again: of today those in force, for members learnt by them once
        are not put out by a new lesson; of past days those of the proof. What is learnt is added.
    memberships : mapping of str to Membership, optional
        The ledger's members of the day; None before the launch.
    recall : Recall, optional
        Finds what other policies held on past dates before.

    Returns
    -------
    ProgrammeResult
        Tables, states, rules and headline facts; of a history too short or too plain to choose
        from the tables are empty and a note says why.
    """
    snapshots = build_snapshots(history, settings.horizon_days)
    everyone, among = (
        view_months(snapshots, snapshots.today),
        sample_learners(snapshots, settings.seed),
    )
    rules = {} if rules is None else rules
    if snapshots.today in rules:
        learnt = judge_rules(everyone, *rules[snapshots.today], settings.grace_days)
    else:
        learnt = learn_rules_by(snapshots, everyone, among, settings)
    run = simulate_rules(everyone, learnt.entry, learnt.exit, settings.grace_days)
    tried = build_proof_dates(snapshots, everyone, among, settings, known=rules)
    labels = _labels(snapshot, segment_of)
    members = _find_members(snapshots, everyone.today, learnt.entry, settings, memberships)
    sampled = _mark_sample(history, snapshots.purchases.ids)
    on_sample = [trial.take(sampled) for trial in tried]
    policies = compare_policies(
        everyone.today,
        members.member,
        on_sample,
        segments=labels,
        expected=expected,
        budget=settings.budget_share,
        seed=settings.seed,
        recall=partial(
            recall, "policies", {"entry": learnt.entry.to_json(), "exit": learnt.exit.to_json()}
        ),
    )
    parts = _ProgrammeRun(snapshots, everyone, learnt, run, tried, policies, members, labels)
    return _result(parts, settings, currency)


@dataclass(frozen=True)
class _ProgrammeRun:
    snapshots: MonthlySnapshots
    everyone: MonthViews
    learnt: RulePair
    run: MembershipSimulation
    tried: list[ProofDate]
    policies: tuple[PolicyChoice, ...]
    members: ProgrammeMembers
    labels: Labels

    def build_status(self) -> MembershipStatus:
        today = self.everyone.today
        near = None
        if self.learnt.entry.conditions:
            member = self.members.member
            away = today.columns["days_since_last"] > self.learnt.away_days
            near = find_near_misses(
                self.snapshots,
                today,
                self.learnt.entry,
                member | away,
                limit=int(member.sum()),
                deadline=self.members.next_review,
            )
        return MembershipStatus(
            self.snapshots.purchases.ids,
            today,
            self.members,
            self.learnt.entry,
            self.learnt.exit,
            near,
            self.labels,
        )


def _result(parts: _ProgrammeRun, settings: Programme, currency: str | None) -> ProgrammeResult:
    status, today = parts.build_status(), parts.everyone.today
    proof, tests = prove_selection(parts.tried, today.customers, settings.resamples, settings.seed)
    tables = {
        "programme_policies": build_policies_table(parts.policies, today, settings.budget_share),
        "programme_size": build_size_curve(today.columns["revenue_365d"], settings.budget_share),
        "programme_conditions": build_rules_table(
            parts.learnt.entry, parts.learnt.exit, settings.grace_days, currency
        ),
        "programme_members": status.table(currency),
        "programme_months": build_months_table(parts.run, parts.everyone),
        "programme_proof": proof,
        "programme_tests": build_tests_table(
            tests, len(parts.tried), settings.horizon_days, currency
        ),
        "programme_case": build_sizes_table(today, parts.members.member, parts.tried, settings),
    }
    return ProgrammeResult(
        tables=tables,
        status=status.status(),
        entry=parts.learnt.entry,
        exit=parts.learnt.exit,
        members=_members(parts),
        proved=_list_proof_members(parts),
        facts=_facts(parts, status, tests, settings),
    )


def _mark_sample(history: History, ids: pa.Array) -> Chosen:
    """Mark the customers whose past can be forecast from."""
    sampled = history.sample.snapshot(history.as_of, ("orders",))[KEY].combine_chunks()
    marks: Chosen = pc.is_in(ids, value_set=sampled).to_numpy(zero_copy_only=False)
    return marks


def _labels(snapshot: pa.Table, segment_of: SegmentOf) -> Labels:
    """Return the segments of today's customers, sorted by their ids."""
    labels: Labels = segment_of(snapshot) if callable(segment_of) else np.asarray(segment_of)
    by_id: Labels = labels[pc.sort_indices(snapshot[KEY]).to_numpy()]
    return by_id


def _find_members(
    snapshots: MonthlySnapshots,
    today: DayView,
    entry: ProgrammeRule,
    settings: Programme,
    memberships: Mapping[str, Membership] | None,
) -> ProgrammeMembers:
    """Return the launch list, or the members of the ledger where it is launched."""
    next_review = find_next_review(settings, today.day)
    if memberships is None:
        return list_launch(today, entry, next_review)
    return place_members(snapshots.purchases.ids, memberships, next_review)


def _members(parts: _ProgrammeRun) -> dict[dt.date, frozenset[str]]:
    ids = np.array(parts.snapshots.purchases.ids.to_pylist(), dtype=object)
    simulated = {
        day: frozenset(ids[row]) for day, row in zip(parts.run.days, parts.run.member, strict=True)
    }
    return simulated | {parts.run.days[-1]: frozenset(ids[parts.members.member])}


def _list_proof_members(parts: _ProgrammeRun) -> dict[dt.date, frozenset[str]]:
    ids = np.array(parts.snapshots.purchases.ids.to_pylist(), dtype=object)
    return {
        trial.view.day: frozenset(ids[trial.view.rows][trial.groups["members"]])
        for trial in parts.tried
    }


def judge_own_rules(
    history: History,
    entry: ProgrammeRule,
    leave: ProgrammeRule | None,
    settings: Programme,
) -> dict[str, Any]:
    """Judge rules that a person wrote as those that a run learns are judged.

    Parameters
    ----------
    history : History
        The firm's past.
    entry, leave : ProgrammeRule
        The rules; without ``leave`` the conditions to stay are found for the entry.
    settings : Programme
        Grace and horizon.

    Returns
    -------
    dict
        As a run offers its rules: both as JSON, shares of members who came back, ``refused``.

    Raises
    ------
    ValueError
        No conditions to stay belong to this entry.
    """
    snapshots = build_snapshots(history, settings.horizon_days)
    months, grace_days = view_months(snapshots, snapshots.today), settings.grace_days
    learnt = (
        tune_exit(months, [entry], grace_days, budget=1.0)
        if leave is None
        else judge_rules(months, entry, leave, grace_days)
    )
    if learnt is None:
        raise ValueError("no conditions to stay belong to this entry")
    run = simulate_rules(months, learnt.entry, learnt.exit, grace_days)
    trials = build_proof_dates(snapshots, months, None, settings, fixed=learnt)
    customers = months.today.customers
    _, tests = prove_selection(trials, customers, settings.resamples, settings.seed)
    spent = months.today.columns["revenue_365d"]
    return _offer(learnt, run, tests, grace_days, write_tiers(settings.tiers, spent))


def _offer(
    learnt: RulePair,
    run: MembershipSimulation,
    tests: SelectionTests,
    grace_days: int,
    tiers: str | None,
) -> dict[str, Any]:
    """Return the rules as they could be proposed, and what forbids it."""
    reasons = {
        "nobody": not learnt.entry.conditions,
        "returning": run.flapping_share > PROMISED_FLAPPING,
        "worse": LAST_YEAR in tests and tests[LAST_YEAR][0].lower,
    }
    return {
        "entry": learnt.entry.to_json(),
        "exit": learnt.exit.to_json(),
        "grace_days": grace_days,
        "tiers": tiers,
        "returned_share": run.flapping_share,
        "returned_leavers_share": run.flapping_leavers_share,
        "refused": [reason for reason, holds in reasons.items() if holds],
    }


def _facts(
    parts: _ProgrammeRun,
    status: MembershipStatus,
    tests: SelectionTests,
    settings: Programme,
) -> dict[str, Any]:
    member, revenue = parts.members.member, parts.everyone.today.columns["revenue_365d"]
    everything = float(revenue.sum())
    return {
        "name": settings.name,
        "state": "launched" if parts.members.launched else "not_launched",
        "rule_version": None,
        "next_review": parts.members.next_review.isoformat(),
        "policy": RULES,
        "customers": parts.everyone.today.customers,
        "members": int(member.sum()),
        "leaving": int(parts.members.leaving.sum()),
        "candidates": 0 if status.near is None else len(status.near[0]),
        "members_share": float(member.mean()) if len(member) else 0.0,
        "revenue_share": float(revenue[member].sum()) / everything if everything > 0 else None,
        "budget_share": settings.budget_share,
        "months": len(parts.run.days),
        "first_month": parts.run.days[0].isoformat(),
        "flapping_share": parts.run.flapping_share,
        "flapping_leavers_share": parts.run.flapping_leavers_share,
        "grace_days": settings.grace_days,
        "away_days": parts.learnt.away_days,
        "horizon_days": settings.horizon_days,
        "learnt_days": len(parts.everyone.judgeable),
        "proof_dates": [trial.view.day.isoformat() for trial in parts.tried],
        "notes": collect_notes(
            parts.everyone,
            parts.learnt,
            parts.run,
            parts.tried,
            parts.policies,
            members=parts.members.member,
            settings=settings,
        ),
        "offer": _offer(
            parts.learnt,
            parts.run,
            tests,
            settings.grace_days,
            write_tiers(settings.tiers, revenue),
        ),
    }

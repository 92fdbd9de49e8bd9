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
from clientela.insiders.fit.exit_rule import Learnt, judged, simulated
from clientela.insiders.fit.learning import learnt_on
from clientela.insiders.fit.naive import Expected, expected_value
from clientela.insiders.fit.policies import Choosing, Labels, Policy, preferred
from clientela.insiders.fit.proof import prove
from clientela.insiders.fit.proof_material import Trial, trials
from clientela.insiders.fit.remarks import remarks
from clientela.insiders.fit.size_curve import size_curve
from clientela.insiders.fit.tables import months_table, policies_table, rules_table
from clientela.insiders.fit.verdicts import proof_table, tests_table
from clientela.insiders.score.membership import Simulation, simulate
from clientela.insiders.score.membership_status import Standing
from clientela.insiders.score.monthly_snapshots import KEY, Past, past
from clientela.insiders.score.months import Months, learners, months
from clientela.insiders.score.near_misses import candidates
from clientela.insiders.score.result import ProgrammeResult
from clientela.insiders.score.rule import Rule

SegmentOf = Callable[[pa.Table], Labels] | Labels
RULES = "rules"


@dataclass(frozen=True)
class Given:
    """What the programme need not find out by itself.

    Parameters
    ----------
    expected : callable
        Gives what each customer of a view can be expected to bring; naive unless given.
    entry, exit : Rule, optional
        The rules in force: members learnt by them once are not put out by a new lesson.
    """

    expected: Expected = expected_value
    entry: Rule | None = None
    exit: Rule | None = None


NOTHING = Given()


def programme(
    history: History,
    snapshot: pa.Table,
    segment_of: SegmentOf,
    settings: Programme,
    currency: str | None,
    given: Given = NOTHING,
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
    behind = past(history, snapshot, settings.horizon_days)
    everyone, among = months(behind, behind.today), learners(behind, settings.seed)
    if given.entry is None or given.exit is None:
        learnt = learnt_on(behind, everyone, among, settings)
    else:
        learnt = judged(everyone, given.entry, given.exit, settings.grace_days)
    run = simulated(everyone, learnt.entry, learnt.exit, settings.grace_days)
    tried = trials(behind, everyone, among, settings)
    labels = _labels(snapshot, segment_of)
    choosing = Choosing(labels, settings.budget_share, settings.seed, given.expected)
    policies = choosing.compare(everyone.today, run.member[-1], tried)
    policy = preferred(policies, settings.policy)
    if policy.name != RULES:
        run = _rechosen(everyone, choosing, policy)
    made = _Made(behind, everyone, learnt, run, tried, policies, policy, labels)
    return _result(made, settings, currency)


@dataclass(frozen=True)
class _Made:
    behind: Past
    everyone: Months
    learnt: Learnt
    run: Simulation
    tried: list[Trial]
    policies: tuple[Policy, ...]
    policy: Policy
    labels: Labels

    def standing(self) -> Standing:
        today = self.everyone.today
        near = None
        if self.policy.name == RULES and self.learnt.entry.conditions:
            member = self.run.member[-1]
            away = today.columns["days_since_last"] > self.learnt.away_days
            most = int(member.sum())
            near = candidates(self.behind, today, self.learnt.entry, member | away, most)
        return Standing(
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
    proof = prove(made.tried, today.customers, settings.resamples, settings.seed)
    tables = {
        "programme_policies": policies_table(
            made.policies, made.policy, today, settings.budget_share
        ),
        "programme_size": size_curve(today.columns["revenue_365d"], settings.budget_share),
        "programme_rules": rules_table(
            made.learnt.entry, made.learnt.exit, settings.grace_days, currency
        ),
        "programme_members": standing.table(currency),
        "programme_months": months_table(made.run, made.everyone),
        "programme_proof": proof_table(proof),
        "programme_tests": tests_table(proof, made.tried, settings.horizon_days, currency),
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


def _rechosen(everyone: Months, choosing: Choosing, policy: Policy) -> Simulation:
    """Choose anew each month by a policy without rules; by segments, today only."""
    chosen = np.zeros((len(everyone.views), everyone.today.customers), dtype=np.bool_)
    for row, view in zip(chosen, everyone.views, strict=True):
        if choosing.can_earlier(policy.name):
            row[view.rows] = choosing.chosen(policy.name, view, choosing.places(view))
    chosen[-1] = policy.chosen
    return simulate(everyone.days, chosen, chosen, grace_days=0)


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


def _facts(made: _Made, standing: Standing, settings: Programme) -> dict[str, Any]:
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
        "notes": remarks(made.everyone, made.learnt, made.run, made.tried, made.policy, settings),
    }

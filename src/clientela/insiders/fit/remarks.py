"""What a reader must know before trusting the programme: one remark each, in data."""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np

from clientela.config import Programme
from clientela.insiders.fit.exit_rule import Learnt
from clientela.insiders.fit.notes import Note, note
from clientela.insiders.fit.policies import Policy, places
from clientela.insiders.fit.proof_material import WANTED, Trial, overlapping
from clientela.insiders.score.membership import Simulation
from clientela.insiders.score.monthly_snapshots import STEP_DAYS
from clientela.insiders.score.months import Months

FULL_YEAR_DAYS = 365
PROMISED_FLAPPING = 0.05


def remarks(
    months: Months,
    learnt: Learnt,
    run: Simulation,
    trials: Sequence[Trial],
    policy: Policy,
    settings: Programme,
) -> list[Note]:
    """Collect the remarks, the gravest first."""
    nobody = _nobody(months, settings) if not run.member[-1].any() else None
    found = [] if nobody is None else [nobody]
    if learnt.entry.conditions:
        found += _on_rules(months, learnt, run, settings)
    return [*found, *_on_proof(trials, settings), *_on_policy(policy, trials, settings)]


def _nobody(months: Months, settings: Programme) -> Note:
    customers, budget = months.today.customers, settings.budget_share
    if not places(customers, budget):
        return note("nobody_fits", budget_share=budget, customers=customers)
    if not months.today.columns["revenue_365d"].sum() > 0:
        return note("nothing_earned")
    return note("nobody_stands_out", budget_share=budget)


def _on_rules(
    months: Months, learnt: Learnt, run: Simulation, settings: Programme
) -> Iterator[Note]:
    if not months.judgeable:
        over = any(view.later_revenue is not None for view in months.views)
        yield note("nothing_later" if over else "unproven", days=settings.horizon_days)
    if months.views[0].behind_days < FULL_YEAR_DAYS:
        yield note("short_window", since_on=months.days[0].isoformat())
    last = months.today.day
    out = last + dt.timedelta(days=learnt.away_days + STEP_DAYS + settings.grace_days)
    yield note(
        "out_by",
        last_on=last.isoformat(),
        out_on=out.isoformat(),
        away=learnt.away_days,
        month=STEP_DAYS,
        grace=settings.grace_days,
    )
    if run.flapping_share >= PROMISED_FLAPPING:
        yield note("flapping", flapping_share=run.flapping_share)


def _on_proof(trials: Sequence[Trial], settings: Programme) -> Iterator[Note]:
    if not trials:
        yield note("not_measurable", days=settings.horizon_days)
        return
    if len(trials) < WANTED:
        form = "one" if len(trials) == 1 else "other"
        yield note(f"few_dates.{form}", dates=len(trials), wanted=WANTED)
    if overlapping(trials, settings.horizon_days):
        yield note("overlap", days=settings.horizon_days)
    if any(not trial.learnt_days for trial in trials):
        yield note("learnt_today")
    yield note("selection_not_effect")


def _on_policy(policy: Policy, trials: Sequence[Trial], settings: Programme) -> Iterator[Note]:
    if policy.name != "rules" and settings.policy == "auto":
        rules = [trial.view.held(trial.groups["members"]) for trial in trials]
        behind = (policy.later_share or 0.0) - float(np.mean(rules))
        yield note("rules_behind", behind_share=behind, policy=policy.name)
    elif policy.name != "rules":
        yield note("policy_wanted", policy=policy.name)
    if not policy.within_budget:
        members = float(policy.chosen.mean())
        yield note("beyond_budget", members_share=members, budget_share=settings.budget_share)

"""What a reader must know before trusting the programme: one remark each, in data."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clientela.config import Programme
from clientela.i18n import Lang, format_date, format_exact_amount, format_number, format_share, t
from clientela.insiders.fit.exit_rule import RulePair
from clientela.insiders.fit.policies import PolicyChoice, find_better_policy
from clientela.insiders.fit.proof_material import WANTED, ProofDate, check_overlap
from clientela.insiders.score.ledger import announce_leaving, find_next_review
from clientela.insiders.score.membership import MembershipSimulation
from clientela.insiders.score.months import MonthViews
from clientela.insiders.score.rule import Chosen
from clientela.insiders.score.thresholds import count_places

FULL_YEAR_DAYS = 365  # a whole season


PROMISED_FLAPPING = 0.05  # the programme's promise to members, by convention


Note = dict[str, Any]


def build_note(code: str, **values: Any) -> Note:
    """Make a remark: the key of its sentence and the JSON-able values of its placeholders.

    Examples
    --------
    >>> build_note("unproven", days=90)
    {'code': 'unproven', 'values': {'days': 90}}
    """
    return {"code": code, "values": values}


def write_note(remark: Mapping[str, Any], lang: Lang, currency: str | None) -> str:
    """Write a remark for people.

    Examples
    --------
    >>> write_note(build_note("nobody_fits", budget_share=0.1, customers=3), "en", None)
    'A programme of at most 10.0% of 3 customers has room for nobody.'
    """
    values = {
        name: _write_value(name, value, lang, currency) for name, value in remark["values"].items()
    }
    return t(f"programme.note.{remark['code']}", lang, **values)


def collect_notes(
    months: MonthViews,
    learnt: RulePair,
    run: MembershipSimulation,
    trials: Sequence[ProofDate],
    policies: Sequence[PolicyChoice],
    *,
    members: Chosen,
    settings: Programme,
) -> list[Note]:
    """Collect the remarks, the gravest first."""
    nobody = _nobody(months, settings) if not members.any() else None
    notes = [] if nobody is None else [nobody]
    if learnt.entry.conditions:
        notes += _on_rules(months, learnt, run, settings)
    return [*notes, *_on_proof(trials, settings), *_on_policies(policies, members, settings)]


def _nobody(months: MonthViews, settings: Programme) -> Note:
    customers, budget = months.today.customers, settings.budget_share
    if not count_places(customers, budget):
        return build_note("nobody_fits", budget_share=budget, customers=customers)
    if not months.today.columns["revenue_365d"].sum() > 0:
        return build_note("nothing_earned")
    return build_note("nobody_stands_out", budget_share=budget)


def _on_rules(
    months: MonthViews, learnt: RulePair, run: MembershipSimulation, settings: Programme
) -> Iterator[Note]:
    if not months.judgeable:
        over = any(view.later_revenue is not None for view in months.views)
        yield build_note("nothing_later" if over else "unproven", days=settings.horizon_days)
    if months.views[0].behind_days < FULL_YEAR_DAYS:
        yield build_note("short_window", since_on=months.days[0].isoformat())
    last = months.today.day
    warned = find_next_review(settings, last + dt.timedelta(days=learnt.away_days))
    out = announce_leaving(settings, warned, settings.grace_days)
    yield build_note(
        "out_by",
        last_on=last.isoformat(),
        out_on=out.isoformat(),
        away=learnt.away_days,
        grace=settings.grace_days,
    )
    if run.flapping_share >= PROMISED_FLAPPING:
        yield build_note(
            "flapping",
            flapping_share=run.flapping_share,
            leavers_share=run.flapping_leavers_share,
        )


def _on_proof(trials: Sequence[ProofDate], settings: Programme) -> Iterator[Note]:
    if not trials:
        yield build_note("not_measurable", days=settings.horizon_days)
        return
    if len(trials) < WANTED:
        form = "one" if len(trials) == 1 else "other"
        yield build_note(f"few_dates.{form}", dates=len(trials), wanted=WANTED)
    if check_overlap(trials, settings.horizon_days):
        yield build_note("overlap", days=settings.horizon_days)
    if any(not trial.learnt_days for trial in trials):
        yield build_note("learnt_today")
    yield build_note("selection_not_effect")


def _on_policies(
    policies: Sequence[PolicyChoice], members: Chosen, settings: Programme
) -> Iterator[Note]:
    better = find_better_policy(policies)
    if better is not None:
        rules = next(policy for policy in policies if policy.name == "rules")
        shortfall = (better.later_share or 0.0) - (rules.later_share or 0.0)
        yield build_note("rules_behind", behind_share=shortfall, policy=better.name)
    if int(members.sum()) > count_places(len(members), settings.budget_share):
        share = float(members.mean())
        yield build_note("beyond_budget", members_share=share, budget_share=settings.budget_share)


def _write_value(name: str, value: Any, lang: Lang, currency: str | None) -> str:
    if name.endswith("share"):
        return format_share(value, lang)
    if name.endswith("_on"):
        return format_date(dt.date.fromisoformat(value), lang)
    if name.endswith("amount"):
        return format_exact_amount(value, lang, currency)
    if name == "policy":
        return t(f"programme.policy.{value}", lang)
    return format_number(value, lang) if isinstance(value, int | float) else str(value)

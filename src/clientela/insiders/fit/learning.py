"""Learning the rules on what was known on a day."""

from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.config import Programme
from clientela.insiders.fit.entry_rule import RuleSearch, pick_rule, search_rules
from clientela.insiders.fit.exit_rule import RulePair, tune_exit
from clientela.insiders.score.monthly_snapshots import MonthlySnapshots
from clientela.insiders.score.months import DayView, MonthViews, view_months
from clientela.insiders.score.rule import ProgrammeRule

# By convention: shares of the budget, as rules admit more later.
HEADROOM = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)


def try_entry_rules(months: MonthViews, settings: Programme) -> RuleSearch | None:
    """Try entry rules on the past; where nothing of it can be judged, on today's revenue.

    None where neither past nor present revenue can tell customers apart.
    """
    judgeable = months.judgeable
    views = judgeable or _by_todays_revenue(months.today)
    if not views or not months.today.customers:
        return None
    judged = {view.day for view in judgeable}
    other_views = [view for view in months.views if view.day not in judged]
    with threadpool_limits(1, user_api="blas"):  # waiting threads cost more than these products
        tried = search_rules(views, other_views, settings.budget_share, settings.max_conditions)
    return tried if len(tried.rules) else None


def learn_rules(months: MonthViews, settings: Programme) -> RulePair:
    """Find entry and exit rule that together keep within the budget.

    Members stay longer than they would enter, so the entry rule is given less than the budget, as
    much less as the simulation asks for.
    """
    tried = try_entry_rules(months, settings)
    budgets = [settings.budget_share * part for part in HEADROOM]
    rules = [] if tried is None else [pick_rule(tried, budget) for budget in budgets]
    different = list(dict.fromkeys(rule for rule in rules if rule.conditions))
    learnt = tune_exit(months, different, settings.grace_days, settings.budget_share)
    return learnt or RulePair(ProgrammeRule(()), ProgrammeRule(()), 0.0, 0.0, np.nan)


def learn_rules_by(
    past: MonthlySnapshots, everyone: MonthViews, among: pa.Array | None, settings: Programme
) -> RulePair:
    """Learn the rules of a day from what was known on it, as it is done today.

    Parameters
    ----------
    past : MonthlySnapshots
        Where the snapshots come from.
    everyone : MonthViews
        The months up to the day.
    among : pa.Array or None
        Ids of the customers to learn from; their budget leaves room for what a sample may hide.
        None for all.
    settings : Programme
        Budget and grace.
    """
    if among is None:
        return learn_rules(everyone, settings)
    some = view_months(past, everyone.today.day, among)
    share = settings.budget_share
    margin = 3 * np.sqrt(share * (1 - share) / max(some.today.customers, 1))
    budget = max(share - float(margin), 0.001)
    careful = msgspec.structs.replace(settings, budget_share=budget)
    return learn_rules(some, careful)


def _by_todays_revenue(today: DayView) -> tuple[DayView, ...]:
    revenue = np.maximum(today.columns["revenue_365d"], 0)
    if not revenue.sum() > 0:
        return ()
    return (replace(today, later_revenue=revenue, later_orders=None),)

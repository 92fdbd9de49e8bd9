"""Policies, rules and months as tables of results."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.features.catalog import feature
from clientela.i18n import LANGS, Lang, format_number, format_share, t
from clientela.insiders.fit.policies import Policy
from clientela.insiders.score.arrow_schemas import MONTHS, POLICIES, RULES
from clientela.insiders.score.condition_words import phrase
from clientela.insiders.score.membership import Simulation
from clientela.insiders.score.months import Months
from clientela.insiders.score.rule import Rule
from clientela.insiders.score.view import View

DAYS_A_MONTH = 30.4375
Row = dict[str, Any]


def both(texts: Mapping[Lang, str], name: str) -> Row:
    """Give the two columns of a text in both languages."""
    return {f"{name}_{lang.lower()}": texts[lang] for lang in LANGS}


def policies_table(
    policies: tuple[Policy, ...], chosen: Policy, today: View, budget: float
) -> pa.Table:
    """Write the comparison of policies; revenue is that of the last 365 days."""
    revenue = today.columns["revenue_365d"]
    everything = float(revenue.sum())
    rows = []
    for one in policies:
        members, held = int(one.chosen.sum()), float(revenue[one.chosen].sum())
        reasons = {lang: _reason(one, one is chosen, budget, lang) for lang in LANGS}
        row = {
            "policy": one.name,
            "members": members,
            "members_share": members / max(today.customers, 1),
            "revenue": held,
            "revenue_share": held / everything if everything > 0 else None,
            "later_revenue_share": one.later_share,
            "dates": len(one.later),
            "chosen": one is chosen,
            "within_budget": one.within_budget,
        }
        rows.append(row | both(reasons, "reason"))
    return pa.Table.from_pylist(rows, POLICIES)


def rules_table(entry: Rule, leave: Rule, grace_days: int, currency: str | None) -> pa.Table:
    """Write the conditions of both rules, one a row."""
    rows = [*_conditions("entry", entry, None, currency)]
    rows += _conditions("exit", leave, grace_days, currency)
    return pa.Table.from_pylist(rows, RULES)


def months_table(run: Simulation, months: Months) -> pa.Table:
    """Write what the simulation found at each review.

    ``months_stayed_median`` is of the members of the review: how long they had been members;
    ``revenue_share`` is what they hold of the revenue of the 30 days up to the review.
    """
    reviews = zip(run.days, run.member, months.views, months.shares(run.member), strict=True)
    rows = []
    for position, (day, member, view, of_all) in enumerate(reviews):
        revenue = view.columns["revenue_30d"]
        everything = float(revenue.sum())
        held = float(revenue[member[view.rows]].sum())
        stayed = run.stayed_days(position)
        rows.append(
            {
                "as_of": day,
                "customers": view.customers,
                "members": int(member.sum()),
                "entered": int(run.entered[position].sum()),
                "left": int(run.left[position].sum()),
                "reentered": int(run.reentered[position].sum()),
                "members_share": of_all,
                "revenue_share": held / everything if everything > 0 else None,
                "months_stayed_median": float(np.median(stayed)) / DAYS_A_MONTH
                if len(stayed)
                else None,
            }
        )
    return pa.Table.from_pylist(rows, MONTHS)


def _conditions(
    kind: str, rule: Rule, grace_days: int | None, currency: str | None
) -> Iterator[Row]:
    for position, one in enumerate(rule.conditions, 1):
        what = (one.feature, one.operator, one.value)
        texts: Mapping[Lang, str] = {lang: phrase(*what, lang, currency) for lang in LANGS}
        row = {
            "kind": kind,
            "position": position,
            "feature": one.feature,
            "operator": one.operator,
            "value": one.value,
            "unit": feature(one.feature).unit,
            "grace_days": grace_days,
        }
        yield row | both(texts, "sentence")


def _reason(one: Policy, chosen: bool, budget: float, lang: Lang) -> str:
    within = "within" if one.within_budget else "beyond"
    parts = [
        t(f"programme.policy.{one.name}.how", lang),
        t(f"programme.policy.{within}", lang, budget=format_share(budget, lang)),
    ]
    if one.later_share is not None:
        form = "one" if len(one.later) == 1 else "other"
        dates, held = format_number(len(one.later), lang), format_share(one.later_share, lang)
        parts.append(t(f"programme.policy.later.{form}", lang, dates=dates, share=held))
    if one.name == "segments":
        parts.append(t("programme.policy.segments.unjudged", lang))
    parts.append(t("programme.policy.chosen" if chosen else "programme.policy.compared", lang))
    return " ".join(parts)

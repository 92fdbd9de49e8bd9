"""Policies, rules and months as tables of results."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.i18n import LANGS, Lang, format_exact_amount, format_number, format_share, t
from clientela.insiders.fit.policies import PolicyChoice
from clientela.insiders.fit.proof import SelectionTests
from clientela.insiders.score.arrow_schemas import MONTHS, POLICIES, RULES, SIZE, TESTS
from clientela.insiders.score.membership import MembershipSimulation
from clientela.insiders.score.months import DayView, MonthViews
from clientela.insiders.score.rule import ProgrammeRule, write_condition
from clientela.statistics.arrays import Doubles
from clientela.statistics.dates import Difference

DAYS_A_MONTH = 30.4375  # 365.25 / 12
Row = dict[str, Any]


def spread_languages(texts: Mapping[Lang, str], name: str) -> Row:
    """Return the two columns of a text in both languages."""
    return {f"{name}_{lang.lower()}": texts[lang] for lang in LANGS}


def build_policies_table(
    policies: tuple[PolicyChoice, ...], today: DayView, budget: float
) -> pa.Table:
    """Write the comparison of policies; revenue is that of the last 365 days."""
    revenue = today.columns["revenue_365d"]
    everything = float(revenue.sum())
    rows = []
    for policy in policies:
        members, share = int(policy.selection.sum()), float(revenue[policy.selection].sum())
        reasons = {lang: _reason(policy, budget, lang) for lang in LANGS}
        row = {
            "policy": policy.name,
            "members": members,
            "members_share": members / max(today.customers, 1),
            "revenue": share,
            "revenue_share": share / everything if everything > 0 else None,
            "later_revenue_share": policy.later_share,
            "dates": len(policy.later),
            "chosen": policy.name == "rules",
            "within_budget": policy.within_budget,
        }
        rows.append(row | spread_languages(reasons, "reason"))
    return pa.Table.from_pylist(rows, POLICIES)


def build_rules_table(
    entry: ProgrammeRule, leave: ProgrammeRule, grace_days: int, currency: str | None
) -> pa.Table:
    """Write the conditions of both rules, one a row."""
    rows = [*_conditions("entry", entry, None, currency)]
    rows += _conditions("exit", leave, grace_days, currency)
    return pa.Table.from_pylist(rows, RULES)


def build_months_table(run: MembershipSimulation, months: MonthViews) -> pa.Table:
    """Write what the simulation found at each review.

    ``months_stayed_median`` is of the members of the review: how long they had been members;
    ``revenue_share`` is what they hold of the revenue of the 30 days up to the review.
    """
    reviews = zip(run.days, run.member, months.views, months.shares(run.member), strict=True)
    rows = []
    for position, (day, member, view, of_all) in enumerate(reviews):
        revenue = view.columns["revenue_30d"]
        everything = float(revenue.sum())
        share = float(revenue[member[view.rows]].sum())
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
                "revenue_share": share / everything if everything > 0 else None,
                "months_stayed_median": float(np.median(stayed)) / DAYS_A_MONTH
                if len(stayed)
                else None,
            }
        )
    return pa.Table.from_pylist(rows, MONTHS)


def _conditions(
    kind: str, rule: ProgrammeRule, grace_days: int | None, currency: str | None
) -> Iterator[Row]:
    for position, condition in enumerate(rule.conditions, 1):
        what = (condition.feature, condition.operator, condition.value)
        texts: Mapping[Lang, str] = {lang: write_condition(*what, lang, currency) for lang in LANGS}
        row = {
            "kind": kind,
            "position": position,
            "feature": condition.feature,
            "operator": condition.operator,
            "value": condition.value,
            "unit": find_feature(condition.feature).unit,
            "grace_days": grace_days,
        }
        yield row | spread_languages(texts, "sentence")


def _reason(policy: PolicyChoice, budget: float, lang: Lang) -> str:
    within = "within" if policy.within_budget else "beyond"
    parts = [
        t(f"programme.policy.{policy.name}.how", lang),
        t(f"programme.policy.{within}", lang, budget=format_share(budget, lang)),
    ]
    if policy.later_share is not None:
        form = "one" if len(policy.later) == 1 else "other"
        dates, share = (
            format_number(len(policy.later), lang),
            format_share(policy.later_share, lang),
        )
        parts.append(t(f"programme.policy.later.{form}", lang, dates=dates, share=share))
    if policy.name == "segments":
        parts.append(t("programme.policy.segments.unjudged", lang))
    role = "chosen" if policy.name == "rules" else "compared"
    parts.append(t(f"programme.policy.{role}", lang))
    return " ".join(parts)


POINTS = 60  # of the curve: enough to draw it, by convention


def build_size_curve(revenue: Doubles, budget: float) -> pa.Table:
    """Draw the curve of customers by falling revenue, in about 60 points.

    The bend is the point farthest from the straight line between both ends. Points lie closer
    together where the programme's size is likely to be.

    Parameters
    ----------
    revenue : array of float
        Of each customer, over the last 365 days.
    budget : float
        Share of customers, marked on the curve.

    Returns
    -------
    pa.Table
        As :data:`clientela.insiders.score.arrow_schemas.SIZE`; empty where revenue sums to nothing.

    References
    ----------
    Satopaa, Albrecht, Irwin, Raghavan (2011), Finding a "Kneedle" in a Haystack,
    doi:10.1109/ICDCSW.2011.20.

    Examples
    --------
    >>> curve = build_size_curve(np.array([80.0, 10.0, 5.0, 5.0]), budget=0.5)
    >>> curve.filter(curve["bend"]).to_pylist()
    [{'customers_share': 0.25, 'revenue_share': 0.8, 'bend': True, 'budget': False}]
    """
    count, everything = len(revenue), revenue.sum()
    if not count or everything <= 0:
        return SIZE.empty_table()
    customers = np.arange(count + 1) / count
    share = np.append(0.0, np.cumsum(-np.sort(-revenue))) / everything
    bend, limit = int(np.argmax(share - customers)), int(budget * count + 1e-9)
    spread = np.round(count * np.linspace(0, 1, POINTS) ** 2).astype(np.int64)
    points = np.unique(np.concatenate([spread, [bend, limit]]))
    return pa.table(
        [customers[points], share[points], points == bend, points == limit], schema=SIZE
    )


MEASURE = "later_revenue"
LEAST_P = 0.001  # by convention: smaller p-values are written as below it
SMALL = 10  # of the currency: below it cents are written


def build_tests_table(
    tests: SelectionTests, dates: int, horizon_days: int, currency: str | None
) -> pa.Table:
    """Write the comparison with each naive rule; ``difference`` is per member."""
    rows = []
    for baseline, (difference, p_value) in tests.items():
        texts: Mapping[Lang, str] = {
            lang: write_test(
                baseline,
                difference,
                p_value,
                dates=dates,
                days=horizon_days,
                lang=lang,
                currency=currency,
            )
            for lang in LANGS
        }
        row = {
            "baseline": baseline,
            "measure": MEASURE,
            "difference": difference.value,
            "low": _drop_nan(difference.low),
            "high": _drop_nan(difference.high),
            "p_value": p_value,
            "dates": dates,
            "better": difference.higher,
        }
        rows.append(row | spread_languages(texts, "sentence"))
    return pa.Table.from_pylist(rows, TESTS)


def write_test(
    baseline: str,
    difference: Difference,
    p_value: float,
    *,
    dates: int,
    days: int,
    lang: Lang,
    currency: str | None,
) -> str:
    """Write who chose better, the rule or the naive one, or that neither did."""
    largest = max(map(abs, difference))
    decimals = 2 if largest < SMALL else 0

    def write(value: float) -> str:
        return format_exact_amount(
            round(value, decimals) + 0.0, lang, currency
        )  # + 0.0 makes -0.0 plain

    kind = "better" if difference.higher else "worse" if difference.lower else "same"
    value = difference.value if kind == "same" else abs(difference.value)
    return t(
        f"programme.verdict.{kind}.{'one' if dates == 1 else 'other'}",
        lang,
        naive=t(f"programme.naive.{baseline}", lang),
        dates=format_number(dates, lang),
        days=format_number(days, lang),
        difference=write(value),
        low=write(difference.low),
        high=write(difference.high),
        p=_p_value(p_value, lang),
    )


def _p_value(value: float, lang: Lang) -> str:
    if value < LEAST_P:
        return f"p < {format_number(LEAST_P, lang, 3)}"
    return f"p = {format_number(value, lang, 3)}"


def _drop_nan(value: float) -> float | None:
    return None if np.isnan(value) else value

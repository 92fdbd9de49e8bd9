"""The figures of a run: each published quantity computed once, cited wherever it is named."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.contract.figures import FIGURES, NEW_DAYS, ORDER_DAYS
from clientela.contract.programme import MONTH_DAYS
from clientela.i18n import LANGS, t
from clientela.report.answer import Figure
from clientela.report.answers.queries import (
    GONE,
    SCORED,
    Doubles,
    Rows,
    average_retention,
    count_customers,
    count_statuses,
    find_best_month,
    find_champion,
    find_metric,
    is_partial,
    list_months,
    list_segments,
    rank_member_segments,
    read_column,
    read_facts,
    read_numbers,
    select_members,
)
from clientela.report.formatter import NOTHING, Formatter, make_formatter
from clientela.report.report_data import ReportData
from clientela.store.arrow_schemas import arrow_table

TOP = 0.1  # by convention: the top decile
LAST_MONTHS = 3  # by convention: a quarter
LEAST_CUSTOMERS = 10  # fewer have no tenth
EPSILON = 1e-9  # a tenth of 30 is 3, which doubles do not know
USUAL_DAYS = 90  # by convention: a quarter, the horizon of most plans
SEMANTIC = {
    "count": "number",
    "share": "share",
    "amount": "short",
    "days": "number",
    "ratio": "ratio",
}
"""How a figure of a unit is written, by the formatter's method."""

OF_CUSTOMERS = ("expected_loss_to_contact", "programme_benefit_cost")
"""Money made of customers' expected revenue: judged where the forecast of all of them, over as many
days, is."""

Values = Mapping[str, Any]
"""Figures by name: a number, or a forecast's row."""


def compute_figures(data: ReportData) -> Rows:
    """Compute every figure that the tables of a run hold.

    Returns
    -------
    list of dict
        ``name``, ``unit``, ``value``, of forecasts also ``low``, ``high``, ``horizon_days`` and
        ``judged``: whether past dates could judge them.
    """
    values: dict[str, Any] = {}
    for compute in (_measure_base, _measure_segments, _measure_forecasts, _measure_risk):
        values |= compute(data)
    for compute in (_measure_programme, _measure_case, _measure_evidence):
        values |= compute(data)
    of_customers = values.get("expected_revenue_known") or {}
    for name in OF_CUSTOMERS:
        if isinstance(values.get(name), Mapping):  # what sums customers is as sure as their sum
            values[name] = {"judged": of_customers.get("judged")} | values[name]
    rows = []
    for name, unit in FIGURES.items():
        value = values.get(name)
        row = dict(value) if isinstance(value, Mapping) else {"value": value}
        if row["value"] is not None and np.isfinite(row["value"]):
            rows.append({"name": name, "unit": unit, **row, "value": float(row["value"])})
    return rows


def build_figures_table(data: ReportData) -> pa.Table:
    """Build ``figures``, each with its meaning in every language."""
    programme = make_formatter(data, "en").programme
    rows = [
        row
        | {
            f"meaning_{lang.lower()}": t(f"figure.{row['name']}", lang, programme=programme)
            for lang in LANGS
        }
        for row in compute_figures(data)
    ]
    return arrow_table("figures", rows)


def find_figure(data: ReportData, name: str) -> dict[str, Any]:
    """Return the row of a figure, or an empty one where the run has none."""
    rows = data.rows("figures") or compute_figures(data)
    return next((row for row in rows if row["name"] == name), {})


def write_figure(data: ReportData, fmt: Formatter, name: str, end: str = "value") -> str:
    """Write a figure, or an end of its interval, in the language of the report."""
    row = find_figure(data, name)
    value = row.get(end)
    return NOTHING if value is None else str(getattr(fmt, SEMANTIC[FIGURES[name]])(value))


def cite(data: ReportData, fmt: Formatter, **names: str) -> dict[str, str]:
    """Return texts of figures for the placeholders of a sentence."""
    return {position: write_figure(data, fmt, name) for position, name in names.items()}


def cite_forecast(data: ReportData, fmt: Formatter, group: str) -> dict[str, str]:
    """Return a group's forecast for the placeholders amount, low, high and days."""
    name = f"expected_revenue_{group}"
    ends = {"amount": "value", "low": "low", "high": "high"}
    texts = {position: write_figure(data, fmt, name, end) for position, end in ends.items()}
    return texts | {"days": fmt.number(find_figure(data, name).get("horizon_days"))}


def find_total(data: ReportData) -> dict[str, Any]:
    """Return the forecast of everyone, else that of today's customers; else an empty row."""
    names = (f"expected_revenue_{group}" for group in ("everyone", "known"))
    return next((row for name in names if (row := find_figure(data, name))), {})


def is_unjudged(data: ReportData, name: str) -> bool:
    """Check whether past dates cannot judge a figure: then no sentence gives it as expected."""
    return find_figure(data, name).get("judged") is False


def head(data: ReportData, fmt: Formatter, name: str, label: str) -> Figure | None:
    """Return a figure as the number that answers, or None where the run has none."""
    value = find_figure(data, name).get("value")
    return None if value is None else Figure(write_figure(data, fmt, name), label, value)


def share_of_top(revenue: Doubles) -> float | None:
    """Return the share of revenue of the tenth who spent most.

    They are whole customers, as many as a budget of a tenth allows, as in the curve of sizes.
    """
    total, places = revenue.sum(), int(TOP * revenue.size + EPSILON)
    if revenue.size < LEAST_CUSTOMERS or total <= 0:
        return None
    return float(np.sort(revenue)[::-1][:places].sum() / total)


def _measure_base(data: ReportData) -> Values:
    revenue, orders = read_column(data, "revenue"), read_column(data, "orders")
    return {
        "customers": count_customers(data) or None,
        "revenue": float(revenue.sum()) if revenue.size else None,
        "one_order_share": float((orders <= 1).mean()) if orders.size else None,
        **_measure_last_days(data),
        "top_tenth_revenue_share_365d": share_of_top(read_column(data, "revenue_365d")),
        "median_revenue": float(np.median(revenue)) if revenue.size else None,
        "mean_revenue": float(revenue.mean()) if revenue.size else None,
        "last_months_change": _measure_change(data),
        "best_month_revenue": find_best_month(data).get("net"),
        "returning_after_one_month": average_retention(data, 1),
        "returning_after_six_months": average_retention(data, 6),
        **{
            name: data.facts.get(name)
            for name in ("unidentified_share", "rows_canonical", "rows_quarantined")
        },
    }


def _measure_last_days(data: ReportData) -> Values:
    """Count who bought and who is new, and of whom bought lately those who did so twice."""
    known, orders = read_column(data, "tenure_days"), read_column(data, "orders_90d")
    latest = read_column(data, "orders_30d")
    buyers = int((orders >= 1).sum())
    return {
        "active_customers_30d": int((latest >= 1).sum()) if latest.size else None,
        "new_customers_30d": int((known < NEW_DAYS).sum()) if known.size else None,
        "repeat_rate_90d": float((orders >= 2).sum() / buyers) if buyers else None,
    }


def _measure_change(data: ReportData) -> float | None:
    """Return how much more the last complete months brought than the same a year before.

    The first month of the data is left out, as it may have begun before them.
    """
    rows = list_months(data)[1:]
    net = {row["month"]: row["net"] for row in rows}
    complete = [month for month in net if not is_partial(month, data.as_of)][-LAST_MONTHS:]
    earlier = [month.replace(year=month.year - 1) for month in complete]
    if len(complete) < LAST_MONTHS or not net.keys() >= set(earlier):
        return None
    before = sum(net[month] for month in earlier)
    return float(sum(net[month] for month in complete) / before - 1.0) if before > 0 else None


def _measure_segments(data: ReportData) -> Values:
    rows = list_segments(data)
    first = rows[0] if rows else {}
    return {
        "segments": len(rows) or None,
        "first_segment_customers_share": first.get("customers_share"),
        "first_segment_revenue_share": first.get("revenue_share"),
        "moved_share": measure_moves(data),
    }


def measure_moves(data: ReportData) -> float | None:
    """Return the share of the customers known at the run before who changed segment."""
    rows = [row for row in data.rows("segment_migrations") if row["from_segment"] is not None]
    customers = sum(row["customers"] for row in rows)
    moved = sum(row["customers"] for row in rows if row["from_segment"] != row["to_segment"])
    return moved / customers if customers else None


def _measure_forecasts(data: ReportData) -> Values:
    """Take each group's forecast of the horizon that is planned with."""
    listed = data.rows("value_forecast")
    shortest = min((row["days"] for row in listed), default=0)
    listed = [row for row in listed if row["days"] == shortest]
    values: dict[str, Any] = {}
    for row in listed:
        if row["customer_group"] == "known" and row.get("last_period") is not None:
            values["last_period_revenue"] = row["last_period"]
            values["same_days_last_year_revenue"] = row.get("last_year")
    for row in data.rows("programme_forecast"):
        listed.append(row | {"days": row["months"] * MONTH_DAYS})
    for row in sorted(listed, key=lambda row: abs(row["days"] - (shortest or USUAL_DAYS))):
        if row["expected"] is not None:
            ends = {name: row[name] for name in ("low", "high")}
            values.setdefault(
                f"expected_revenue_{row['customer_group']}",
                {
                    "value": row["expected"],
                    **ends,
                    "horizon_days": row["days"],
                    "judged": bool(row["measurable"]),
                },
            )
    new, total = (
        values.get(f"expected_revenue_{group}", {}).get("value") for group in ("new", "everyone")
    )
    return values | {
        "expected_revenue_new_share": new / total if new and total else None,
        "expected_orders_7d": _measure_orders(data, values.get("expected_revenue_known")),
    }


def _measure_orders(data: ReportData, known: Mapping[str, Any] | None) -> Values | None:
    """Sum the orders that customers are expected to place in a week, of ``known``'s forecast."""
    orders = read_column(data, "expected_orders")
    if known is None or not orders.size:
        return None
    week = float(orders.sum()) * ORDER_DAYS / known["horizon_days"]
    return {"value": week, "horizon_days": ORDER_DAYS, "judged": known["judged"]}


def _measure_risk(data: ReportData) -> Values:
    table = data.table("customers")
    if table is None or "churn_band" not in table.column_names:
        return {}
    band_of = np.asarray(table["churn_band"].to_pylist(), dtype=object)
    scored = int(np.isin(band_of, SCORED).sum())
    if not scored and not (band_of == GONE).any():
        return {}
    spent = read_numbers(table, "revenue_365d")[band_of == SCORED[0]]
    return {
        "customers_scored": scored,
        "customers_gone": int((band_of == GONE).sum()),
        "customers_at_high_risk": len(spent),
        "revenue_at_high_risk": None if np.isnan(spent).all() else float(np.nansum(spent)),
        **_measure_contacts(table, data),
    }


def _measure_contacts(table: pa.Table, data: ReportData) -> Values:
    """Count those to contact first; sum what they spent, and what their leaving may cost."""
    contacts = ~np.isnan(read_numbers(table, "contact_rank"))
    if not contacts.any():
        return {}
    columns = [read_numbers(table, name)[contacts] for name in ("expected_loss", "revenue_365d")]
    loss, spent = (
        None if np.isnan(values).all() else float(np.nansum(values)) for values in columns
    )
    plan = read_facts(data, "churn").get("contacts") or {}
    judged = {"judged": plan["judged"]} if "judged" in plan else {}
    shortest = min((row["days"] for row in data.rows("value_forecast")), default=None)
    days = plan.get("days", shortest)
    return {
        "customers_to_contact": int(contacts.sum()),
        "expected_loss_to_contact": {"value": loss, "horizon_days": days, **judged},
        "revenue_to_contact": spent,
    }


def _measure_programme(data: ReportData) -> Values:
    statuses, customers = count_statuses(data), count_customers(data)
    if not statuses:
        return {}
    leaving = statuses.get("leaving", 0)
    members = statuses.get("member", 0) + leaving
    table = select_members(data)
    spent = np.empty(0) if table is None else read_numbers(table, "revenue_365d")
    total = float(read_column(data, "revenue_365d").sum())
    medians = {
        f"members_median_{name}": float(np.median(values)) if values.size else None
        for name in ("revenue", "revenue_365d")
        if (values := read_column(data, name, insiders=True)) is not None
    }
    ranking = rank_member_segments(data)
    share = members / customers if customers else None
    revenue_share = float(np.nansum(spent)) / total if total > 0 else None
    return medians | {
        "members": members,
        "members_leaving": leaving,
        "candidates": statuses.get("candidate", 0),
        "members_share": share,
        "members_revenue_share": revenue_share,
        "members_revenue_times": revenue_share / share if revenue_share and share else None,
        "members_first_segment_share": ranking[0][1] / sum(n for _, n in ranking)
        if ranking
        else None,
    }


def _measure_case(data: ReportData) -> Values:
    """Take what the programme by its rule would cost, and by how much members must buy more."""
    rule = next((row for row in data.rows("programme_case") if row["option"] == "rules"), {})
    cost = {"value": rule.get("benefit_cost"), "horizon_days": rule.get("horizon_days")}
    needed = rule.get("break_even_uplift")
    return {"programme_benefit_cost": cost, "programme_break_even_uplift": needed}


def _measure_evidence(data: ReportData) -> Values:
    tests, hypotheses = data.rows("programme_tests"), data.rows("hypotheses")
    months, lift = data.rows("programme_months"), _find_lift(data)
    upsides = [row["upside"] for row in data.rows("actions") if row["upside"] is not None]
    measured = any(row["verdict"] != "not_measurable" for row in hypotheses)
    return {
        "naive_rules": len(tests) or None,
        "naive_rules_beaten": sum(bool(row["better"]) for row in tests) if tests else None,
        "simulated_left": sum(row["left"] or 0 for row in months) if months else None,
        "simulated_back": sum(row["reentered"] or 0 for row in months) if months else None,
        "riskiest_tenth_lift": lift,
        "largest_upside": max(upsides, default=None),
        "hypotheses": len(hypotheses) or None,
        "hypotheses_confirmed": sum(row["verdict"] == "holds" for row in hypotheses)
        if measured
        else None,
    }


def _find_lift(data: ReportData) -> dict[str, Any] | None:
    """Return how much more often those at the highest risk left, with its interval."""
    lift = find_metric(data, "churn", find_champion(data, "churn"), "lift_top_decile")
    ends = {name: lift.get(name) for name in ("value", "low", "high")}
    return None if None in ends.values() else ends

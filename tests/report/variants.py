"""Data of runs, from whole to empty, by what they lack."""

from functools import cache

import numpy as np
import pyarrow as pa

from clientela.report.report_data import ReportData
from tests.report import models
from tests.report import run_tables as base
from tests.report.programme import programme
from tests.report.propensity import propensity

SEED = 7


def whole() -> ReportData:
    """Return the data with every table, built once."""
    return _build_whole()


@cache
def _build_whole() -> ReportData:
    rng = np.random.default_rng(SEED)
    customers = models.with_scores(base.customers(rng), np.random.default_rng(SEED))
    near = rng.normal(size=(300, 2)) + 3 * rng.integers(0, 3, (300, 1))
    rows = {
        "segments": base.segments(rng),
        "segment_candidates": base.candidates(),
        "segment_migrations": base.moves(),
        "revenue_by_month": base.revenue_by_month(rng),
        "cohorts": base.cohorts(rng),
        "exploration": base.exploration(),
        "quality": base.quality(),
        "customer_map": [
            {"x": float(x), "y": float(y), "segment": place % 4 + 1}
            for place, (x, y) in enumerate(near)
        ],
        **programme(customers),
        **propensity(),
        **models.models(),
    }
    tables = {name: pa.Table.from_pylist(listed) for name, listed in rows.items()}
    return ReportData(tables | {"customers": customers}, base.FACTS | models.FACTS)


def without(*names: str) -> ReportData:
    """Return the data without some tables."""
    full = whole()
    kept = {name: table for name, table in full.tables.items() if name not in names}
    return ReportData(kept, full.facts)


def without_programme() -> ReportData:
    """Return the data of a run without a programme."""
    names = [name for name in whole().tables if name.startswith("programme")]
    return without(*names, "segment_gaps", "hypotheses", "actions")


def without_models() -> ReportData:
    """Return the data of a run that learnt nothing of value and churn."""
    full = without(*models.models())
    kept = base.customers(np.random.default_rng(SEED)).column_names
    return ReportData(
        {**full.tables, "customers": full.tables["customers"].select(kept)}, base.FACTS
    )


def attributes_only() -> ReportData:
    """Return the data of a file of customers alone: a flag, no date, no transactions."""
    full = whole()
    scored = ("customer_id", "churn_probability", "churn_band")
    tables = {name: full.tables[name] for name in ("model_candidates", "model_metrics")}
    trap = base.both("text", "The flag flatters.", "A coluna embeleza.")
    notes = [{"purpose": "churn", "position": 0, "code": "undated", **trap}]
    tables["model_notes"] = pa.Table.from_pylist(notes)
    tables["customers"] = full.tables["customers"].select(scored)
    return ReportData(tables, base.FACTS | {"churn": {"kind": "undated"}})


def one_segment() -> ReportData:
    """Return the data whose customers are all alike."""
    full = without("segment_candidates", "segment_migrations", "customer_map")
    return ReportData({**full.tables, "segments": full.tables["segments"].slice(0, 1)}, full.facts)


def one_month() -> ReportData:
    """Return the data of one month's history."""
    full = without("programme_months", "programme_proof", "programme_tests", "programme_forecast")
    tables = {
        "revenue_by_month": full.tables["revenue_by_month"].slice(12),
        "cohorts": full.tables["cohorts"].slice(90),
    }
    return ReportData({**full.tables, **tables}, full.facts)


def one_customer() -> ReportData:
    """Return the data of a single customer, who gave everything back."""
    table = pa.table(
        {"customer_id": ["a"], "revenue": [-5.0], "revenue_365d": [0.0], "orders": [1]}
    )
    return ReportData({"customers": table}, base.FACTS | {"customers": 1, "currency": "XXX"})


def all_null() -> ReportData:
    """Return the data in which every figure of an estimate is unknown."""
    full = whole()
    unknown = {
        "programme_forecast": ("low", "high", "bias", "hits", "level"),
        "programme_months": ("months_stayed_median", "revenue_share", "members_share"),
        "segments": ("rule_precision", "silhouette", "jaccard", "revenue_share", "rule_en"),
        "segment_gaps": ("ratio", "value", "members_value"),
        "actions": ("amount_at_stake", "detail"),
        "exploration": ("correlations", "skewness", "information", "q05"),
        "customers": ("clv", "churn_probability", "p_alive", "next_order", "expected_revenue"),
        "model_metrics": ("value", "low", "high", "baseline", "difference"),
        "model_candidates": ("verdict_en", "parameters", "family"),
        "churn_contacts": ("at_stake_low", "profit", "break_even_share", "threshold"),
        "churn_horizons": ("churn_share", "returned_share"),
        "value_forecast": ("expected", "low", "high", "level", "hits", "bias", "method"),
        "btyd_fits": ("value", "standard_error", "note_en"),
    }
    tables = {name: _nulled(full.tables[name], columns) for name, columns in unknown.items()}
    return ReportData({**full.tables, **tables}, full.facts)


def empty() -> ReportData:
    """Return the data without any table."""
    return ReportData({}, base.FACTS | {"customers": 0})


VARIANTS = {
    made.__name__: cache(made)
    for made in (
        whole,
        without_programme,
        without_models,
        attributes_only,
        one_segment,
        one_month,
        one_customer,
        all_null,
        empty,
    )
}


def _nulled(table: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    for name in columns:
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.nulls(len(table), table[name].type))
    return table

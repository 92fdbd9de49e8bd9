"""The tables of the results database, a stable contract for BI tools and the API.

Each column carries its unit in ``info["unit"]`` and the key of its meaning in
``info["meaning"]``; the data dictionary is made from them. Money is NUMERIC(18, 4), except in the
features and in what is estimated from them, which are doubles like the models that read them.
"""

from clientela.store.schema.access import api_keys
from clientela.store.schema.answers import answers
from clientela.store.schema.churn import churn_contacts, churn_horizons
from clientela.store.schema.columns import metadata
from clientela.store.schema.comparison import (
    model_candidates,
    model_curves,
    model_importance,
    model_metrics,
    model_notes,
)
from clientela.store.schema.customers import customers, no_purchases
from clientela.store.schema.experiments import experiment_members, experiments
from clientela.store.schema.exploration import cohorts, customer_map, exploration
from clientela.store.schema.programme import (
    programme_members,
    programme_months,
    programme_policies,
    programme_rules,
    programme_size,
)
from clientela.store.schema.proof import (
    hypotheses,
    programme_forecast,
    programme_proof,
    programme_tests,
)
from clientela.store.schema.runs import (
    current_run,
    metrics,
    models,
    quality,
    quarantine,
    revenue_by_month,
    runs,
)
from clientela.store.schema.segments import (
    actions,
    segment_candidates,
    segment_gaps,
    segment_migrations,
    segments,
)
from clientela.store.schema.value import btyd_fits, value_forecast

OF_A_RUN = (
    customers,
    segments,
    segment_migrations,
    segment_candidates,
    segment_gaps,
    models,
    metrics,
    quality,
    quarantine,
    no_purchases,
    revenue_by_month,
    exploration,
    customer_map,
    cohorts,
    programme_policies,
    programme_size,
    programme_rules,
    programme_members,
    programme_months,
    programme_proof,
    programme_tests,
    programme_forecast,
    actions,
    hypotheses,
    model_candidates,
    model_metrics,
    model_curves,
    model_importance,
    model_notes,
    churn_horizons,
    churn_contacts,
    value_forecast,
    btyd_fits,
    answers,
)
"""What a run publishes beside its own record."""

__all__ = [
    "OF_A_RUN",
    "actions",
    "answers",
    "api_keys",
    "btyd_fits",
    "churn_contacts",
    "churn_horizons",
    "cohorts",
    "current_run",
    "customer_map",
    "customers",
    "experiment_members",
    "experiments",
    "exploration",
    "hypotheses",
    "metadata",
    "metrics",
    "model_candidates",
    "model_curves",
    "model_importance",
    "model_metrics",
    "model_notes",
    "models",
    "no_purchases",
    "programme_forecast",
    "programme_members",
    "programme_months",
    "programme_policies",
    "programme_proof",
    "programme_rules",
    "programme_size",
    "programme_tests",
    "quality",
    "quarantine",
    "revenue_by_month",
    "runs",
    "segment_candidates",
    "segment_gaps",
    "segment_migrations",
    "segments",
    "value_forecast",
]

for _table in metadata.tables.values():
    for _each in _table.columns:
        _each.info.setdefault("meaning", f"store.{_table.name}.{_each.name}")

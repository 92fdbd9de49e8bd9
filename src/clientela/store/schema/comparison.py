"""Models of value and churn: who was compared, how well each did, and why.

``purpose`` says what a model is for: ``churn``, ``value_mean`` or ``value_median``.
"""

from sqlalchemy import BigInteger, Boolean, Date, Double, Integer, Table, Text

from clientela.store.schema.columns import column, json, key, metadata, run, run_key, sentence

model_candidates = Table(
    "model_candidates",
    metadata,
    run_key(),
    key("purpose", Text),
    key("position", Integer),
    column("model", Text, nullable=False),
    column("family", Text),
    json("parameters"),
    column("trials", Integer, "count"),
    column("exportable", Boolean),
    column("role", Text),
    column("verdict", Text),
    *sentence("verdict"),
)

# A metric over all dates has no date, so no key: readers sort by what tells the rows apart.
model_metrics = Table(
    "model_metrics",
    metadata,
    run(),
    column("purpose", Text, nullable=False),
    column("model", Text, nullable=False),
    column("as_of", Date, "date"),
    column("customers", BigInteger, "count"),
    column("metric", Text, nullable=False),
    column("value", Double),
    column("low", Double),
    column("high", Double),
    column("baseline", Text),
    column("difference", Double),
    column("difference_low", Double),
    column("difference_high", Double),
    info={"order": ("purpose", "model", "as_of", "metric", "baseline")},
)

model_curves = Table(
    "model_curves",
    metadata,
    run_key(),
    key("purpose", Text),
    key("model", Text),
    key("curve", Text),
    key("position", Integer),
    column("x", Double),
    column("y", Double),
    column("low", Double),
    column("high", Double),
)

model_importance = Table(
    "model_importance",
    metadata,
    run_key(),
    key("purpose", Text),
    key("model", Text),
    key("position", Integer),
    column("feature", Text, nullable=False),
    column("importance", Double, "share"),
    column("direction", Integer),
)

model_notes = Table(
    "model_notes",
    metadata,
    run_key(),
    key("purpose", Text),
    key("position", Integer),
    column("code", Text, nullable=False),
    *sentence("text"),
)

"""What customers are worth: the forecasts of groups, and the fits of purchase models."""

from sqlalchemy import Boolean, Double, Integer, Table, Text

from clientela.store.schema.columns import column, key, metadata, run_key, sentence

value_forecast = Table(
    "value_forecast",
    metadata,
    run_key(),
    key("customer_group", Text),
    key("days", Integer, "days"),
    column("expected", Double, "amount"),
    column("low", Double, "amount"),
    column("high", Double, "amount"),
    column("level", Double, "share"),
    column("method", Text),
    column("hits", Integer, "count"),
    column("dates", Integer, "count"),
    column("bias", Double, "share"),
    column("measurable", Boolean),
    *sentence("sentence"),
)

btyd_fits = Table(
    "btyd_fits",
    metadata,
    run_key(),
    key("model", Text),
    key("parameter", Text),
    column("value", Double),
    column("standard_error", Double),
    column("identified", Boolean),
    column("chosen", Boolean),
    *sentence("note"),
)

"""What is claimed and how it was tested: the programme's proof, forecasts, hypotheses."""

from sqlalchemy import BigInteger, Boolean, Date, Double, Integer, Table, Text

from clientela.store.schema.columns import column, key, metadata, run, run_key, sentence

programme_proof = Table(
    "programme_proof",
    metadata,
    run(),
    column("as_of", Date, "date"),
    column("customer_group", Text, nullable=False),
    column("customers", BigInteger, "count"),
    column("revenue_per_customer", Double, "amount"),
    column("low", Double, "amount"),
    column("high", Double, "amount"),
    column("retention", Double, "share"),
    column("orders_per_customer", Double, "count"),
)

programme_tests = Table(
    "programme_tests",
    metadata,
    run_key(),
    key("baseline", Text),
    key("measure", Text),
    column("difference", Double),
    column("low", Double),
    column("high", Double),
    column("p_value", Double, "share"),
    column("dates", Integer, "count"),
    column("better", Boolean),
    *sentence("sentence"),
)

programme_forecast = Table(
    "programme_forecast",
    metadata,
    run_key(),
    key("customer_group", Text),
    key("months", Integer, "count"),
    column("expected", Double, "amount"),
    column("low", Double, "amount"),
    column("high", Double, "amount"),
    column("level", Double, "share"),
    column("method", Text),
    column("hits", Integer, "count"),
    column("dates", Integer, "count"),
    column("bias", Double, "ratio"),
    column("measurable", Boolean),
    *sentence("sentence"),
)

hypotheses = Table(
    "hypotheses",
    metadata,
    run_key(),
    key("key", Text),
    *sentence("text"),
    column("chosen_on", Date, "date"),
    column("tested_on", Date, "date"),
    column("effect", Double),
    column("effect_unit", Text),
    column("low", Double),
    column("high", Double),
    column("test", Text),
    column("p_value", Double, "share"),
    column("p_holm", Double, "share"),
    column("verdict", Text, nullable=False),
    *sentence("sentence"),
)

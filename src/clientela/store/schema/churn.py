"""What was measured about leaving: the horizon, and the contacts that pay."""

from sqlalchemy import BigInteger, Boolean, Double, Integer, Table

from clientela.store.schema.columns import column, key, metadata, run_key

churn_horizons = Table(
    "churn_horizons",
    metadata,
    run_key(),
    key("horizon_days", Integer, "days"),
    column("customers", BigInteger, "count"),
    column("churn_share", Double, "share"),
    column("returned_share", Double, "share"),
    column("chosen", Boolean, nullable=False),
)

churn_contacts = Table(
    "churn_contacts",
    metadata,
    run_key(),
    key("position", Integer),
    column("contacts", BigInteger, "count"),
    column("contacts_share", Double, "share"),
    column("threshold", Double, "amount"),
    column("profit", Double, "amount"),
    column("profit_low", Double, "amount"),
    column("profit_high", Double, "amount"),
    column("profit_random", Double, "amount"),
    column("profit_revenue", Double, "amount"),
    column("chosen", Boolean, nullable=False),
)

"""Customers, and ids that never bought."""

from sqlalchemy import BigInteger, Boolean, Date, Double, Index, Integer, Table, Text

from clientela.store.schema.columns import (
    column,
    feature_columns,
    json,
    key,
    metadata,
    run_key,
    sentence,
)
from clientela.store.types import ID, MONEY

# Rows come by the million: a foreign key would cost a look-up each, and publish writes the run
# and its customers in one transaction anyway.
customers = Table(
    "customers",
    metadata,
    key("run_id", ID),
    key("customer_id", ID),
    column("segment", Integer),
    column("segment_confidence", Double, "share"),
    column("rfm_segment", Text),
    column("r_score", Integer),
    column("f_score", Integer),
    column("m_score", Integer),
    *feature_columns(),
    json("attributes"),
    column("outlier", Boolean),
    column("insider", Text),
    column("insider_since", Date, "date"),
    column("churn_probability", Double, "share"),
    column("churn_band", Text),
    json("churn_reasons"),
    *sentence("churn_reasons"),
    column("p_alive", Double, "share"),
    column("expected_orders", Double, "count"),
    column("expected_orders_low", Double, "count"),
    column("expected_orders_high", Double, "count"),
    column("expected_revenue", Double, "amount"),
    column("expected_revenue_low", Double, "amount"),
    column("expected_revenue_high", Double, "amount"),
    column("likely_revenue", Double, "amount"),
    column("clv", Double, "amount"),
    column("next_order", Date, "date"),
    column("next_order_low", Date, "date"),
    column("next_order_high", Date, "date"),
    Index(None, "run_id", "segment", "customer_id"),
    sqlite_with_rowid=False,
)

no_purchases = Table(
    "no_purchases",
    metadata,
    run_key(),
    key("customer_id", ID),
    column("lines", BigInteger, "count", nullable=False),
    column("returned_amount", MONEY, "amount"),
    column("fees_amount", MONEY, "amount"),
    column("first_seen", Date, "date"),
    column("last_seen", Date, "date"),
)

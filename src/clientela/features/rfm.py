"""Recency, frequency and monetary value, with what is behind them."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("days_since_last", "int64", "days", "rfm"),
    Feature("orders", "int64", "count", "rfm"),
    Feature("revenue", "float64", "amount", "rfm"),
    Feature("gross_revenue", "float64", "amount", "rfm"),
    Feature("returned_amount", "float64", "amount", "rfm"),
    Feature("fees_amount", "float64", "amount", "rfm"),
    Feature("first_order_date", "date", "date", "rfm"),
    Feature("last_order_date", "date", "date", "rfm"),
    Feature("tenure_days", "int64", "days", "rfm"),
)

"""The last days against the days before."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("orders_30d", "int64", "count", "trend"),
    Feature("revenue_30d", "float64", "amount", "trend"),
    Feature("orders_90d", "int64", "count", "trend"),
    Feature("revenue_90d", "float64", "amount", "trend"),
    Feature("orders_365d", "int64", "count", "trend"),
    Feature("revenue_365d", "float64", "amount", "trend"),
    Feature("trend_30d", "float64", "ratio", "trend", nullable=True),
    Feature("trend_90d", "float64", "ratio", "trend", nullable=True),
)

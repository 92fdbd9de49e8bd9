"""How full an order is."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("lines", "int64", "count", "basket"),
    Feature("units", "float64", "units", "basket"),
    Feature("lines_per_order", "float64", "count", "basket"),
    Feature("units_per_order", "float64", "units", "basket"),
    Feature("products_per_order", "float64", "count", "basket", nullable=True),
)

"""How many different products a customer buys, and which again."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("products", "int64", "count", "variety", nullable=True),
    Feature("top_product_share", "float64", "share", "variety", nullable=True),
    Feature("repeat_product_share", "float64", "share", "variety", nullable=True),
    Feature("new_products_90d", "int64", "count", "variety", nullable=True),
)

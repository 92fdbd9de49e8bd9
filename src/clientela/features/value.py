"""How much an order and a unit are worth."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("average_order_value", "float64", "amount", "value"),
    Feature("largest_order_amount", "float64", "amount", "value"),
    Feature("order_amount_std", "float64", "amount", "value", nullable=True),
    Feature("average_unit_price", "float64", "amount", "value", nullable=True),
)

"""What a customer gives back."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("returned_units", "float64", "units", "returns"),
    Feature("return_orders", "int64", "count", "returns"),
    Feature("returned_share", "float64", "share", "returns"),
    Feature("unmatched_returned_amount", "float64", "amount", "returns"),
    Feature("cancelled_orders", "int64", "count", "returns"),
    Feature("days_since_last_return", "int64", "days", "returns", nullable=True),
)

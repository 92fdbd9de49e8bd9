"""Where and of what kind a customer buys, by gross sales."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("services", "int64", "count", "mix", nullable=True),
    Feature("top_service", "string", "", "mix", nullable=True),
    Feature("top_service_share", "float64", "share", "mix", nullable=True),
    Feature("channels", "int64", "count", "mix", nullable=True),
    Feature("top_channel", "string", "", "mix", nullable=True),
    Feature("top_channel_share", "float64", "share", "mix", nullable=True),
    Feature("categories", "int64", "count", "mix", nullable=True),
    Feature("top_category", "string", "", "mix", nullable=True),
    Feature("top_category_share", "float64", "share", "mix", nullable=True),
    Feature("country", "string", "", "mix", nullable=True),
)

"""What is known of the customer besides purchases."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("age_years", "float64", "years", "attributes", nullable=True),
    Feature("gender", "string", "", "attributes", nullable=True),
    Feature("region", "string", "", "attributes", nullable=True),
    Feature("signup_days", "int64", "days", "attributes", nullable=True),
)

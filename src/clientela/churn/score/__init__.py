"""The churn model as it is applied."""

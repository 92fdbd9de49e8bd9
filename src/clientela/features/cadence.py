"""How regularly a customer buys: the gaps between purchase days."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("purchase_days", "int64", "count", "cadence"),
    Feature("gap_days_mean", "float64", "days", "cadence", nullable=True),
    Feature("gap_days_std", "float64", "days", "cadence", nullable=True),
    Feature("gap_days_min", "int64", "days", "cadence", nullable=True),
    Feature("gap_days_max", "int64", "days", "cadence", nullable=True),
    Feature("gap_regularity", "float64", "share", "cadence", nullable=True),
    Feature("last_gap_ratio", "float64", "ratio", "cadence", nullable=True),
)

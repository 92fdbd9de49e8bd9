"""On which days and at which hours, local time, a customer orders."""

from clientela.features.feature import Feature

FEATURES = (
    Feature("weekday_share_mon", "float64", "share", "calendar"),
    Feature("weekday_share_tue", "float64", "share", "calendar"),
    Feature("weekday_share_wed", "float64", "share", "calendar"),
    Feature("weekday_share_thu", "float64", "share", "calendar"),
    Feature("weekday_share_fri", "float64", "share", "calendar"),
    Feature("weekday_share_sat", "float64", "share", "calendar"),
    Feature("weekday_share_sun", "float64", "share", "calendar"),
    Feature("hour_share_night", "float64", "share", "calendar"),
    Feature("hour_share_morning", "float64", "share", "calendar"),
    Feature("hour_share_afternoon", "float64", "share", "calendar"),
    Feature("hour_share_evening", "float64", "share", "calendar"),
)

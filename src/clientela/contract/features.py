"""The features as columns of the results table ``customers``, in the order of the catalogue.

The store stands below the features and cannot ask them, so the list stands here too; a test holds
both equal.
"""

from typing import Literal, NamedTuple

DType = Literal["int64", "float64", "string", "date"]


class FeatureColumn(NamedTuple):
    """A feature: its name, type and unit."""

    name: str
    dtype: DType
    unit: str = ""


FEATURE_COLUMNS: tuple[FeatureColumn, ...] = (
    FeatureColumn("days_since_last", "int64", "days"),
    FeatureColumn("orders", "int64", "count"),
    FeatureColumn("revenue", "float64", "amount"),
    FeatureColumn("gross_revenue", "float64", "amount"),
    FeatureColumn("returned_amount", "float64", "amount"),
    FeatureColumn("fees_amount", "float64", "amount"),
    FeatureColumn("first_order_date", "date", "date"),
    FeatureColumn("last_order_date", "date", "date"),
    FeatureColumn("tenure_days", "int64", "days"),
    FeatureColumn("purchase_days", "int64", "count"),
    FeatureColumn("gap_days_mean", "float64", "days"),
    FeatureColumn("gap_days_std", "float64", "days"),
    FeatureColumn("gap_days_min", "int64", "days"),
    FeatureColumn("gap_days_max", "int64", "days"),
    FeatureColumn("gap_regularity", "float64", "share"),
    FeatureColumn("last_gap_ratio", "float64", "ratio"),
    FeatureColumn("average_order_value", "float64", "amount"),
    FeatureColumn("largest_order_amount", "float64", "amount"),
    FeatureColumn("order_amount_std", "float64", "amount"),
    FeatureColumn("average_unit_price", "float64", "amount"),
    FeatureColumn("lines", "int64", "count"),
    FeatureColumn("units", "float64", "units"),
    FeatureColumn("lines_per_order", "float64", "count"),
    FeatureColumn("units_per_order", "float64", "units"),
    FeatureColumn("products_per_order", "float64", "count"),
    FeatureColumn("products", "int64", "count"),
    FeatureColumn("top_product_share", "float64", "share"),
    FeatureColumn("repeat_product_share", "float64", "share"),
    FeatureColumn("new_products_90d", "int64", "count"),
    FeatureColumn("returned_units", "float64", "units"),
    FeatureColumn("return_orders", "int64", "count"),
    FeatureColumn("returned_share", "float64", "share"),
    FeatureColumn("unmatched_returned_amount", "float64", "amount"),
    FeatureColumn("cancelled_orders", "int64", "count"),
    FeatureColumn("days_since_last_return", "int64", "days"),
    FeatureColumn("orders_30d", "int64", "count"),
    FeatureColumn("revenue_30d", "float64", "amount"),
    FeatureColumn("orders_90d", "int64", "count"),
    FeatureColumn("revenue_90d", "float64", "amount"),
    FeatureColumn("orders_365d", "int64", "count"),
    FeatureColumn("revenue_365d", "float64", "amount"),
    FeatureColumn("trend_30d", "float64", "ratio"),
    FeatureColumn("trend_90d", "float64", "ratio"),
    FeatureColumn("weekday_share_mon", "float64", "share"),
    FeatureColumn("weekday_share_tue", "float64", "share"),
    FeatureColumn("weekday_share_wed", "float64", "share"),
    FeatureColumn("weekday_share_thu", "float64", "share"),
    FeatureColumn("weekday_share_fri", "float64", "share"),
    FeatureColumn("weekday_share_sat", "float64", "share"),
    FeatureColumn("weekday_share_sun", "float64", "share"),
    FeatureColumn("hour_share_night", "float64", "share"),
    FeatureColumn("hour_share_morning", "float64", "share"),
    FeatureColumn("hour_share_afternoon", "float64", "share"),
    FeatureColumn("hour_share_evening", "float64", "share"),
    FeatureColumn("services", "int64", "count"),
    FeatureColumn("top_service", "string"),
    FeatureColumn("top_service_share", "float64", "share"),
    FeatureColumn("channels", "int64", "count"),
    FeatureColumn("top_channel", "string"),
    FeatureColumn("top_channel_share", "float64", "share"),
    FeatureColumn("categories", "int64", "count"),
    FeatureColumn("top_category", "string"),
    FeatureColumn("top_category_share", "float64", "share"),
    FeatureColumn("country", "string"),
    FeatureColumn("age_years", "float64", "years"),
    FeatureColumn("gender", "string"),
    FeatureColumn("region", "string"),
    FeatureColumn("signup_days", "int64", "days"),
)

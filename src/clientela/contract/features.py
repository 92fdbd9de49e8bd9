"""The features of a snapshot, in the order of its columns: the catalogue."""

from dataclasses import dataclass

from clientela.contract.tables import DType, Unit


@dataclass(frozen=True)
class Feature:
    """A column of the snapshot.

    Parameters
    ----------
    name : str
        The column's name, the same in the results database and the API.
    dtype : str
        Its Ibis type.
    unit : str
        ``share`` is a part of a whole; ``ratio`` a number without unit; empty for texts.
    group : str
        The module of :mod:`clientela.features` that computes it.
    nullable : bool
        Whether some customers have no value.
    since : int
        The revision of the results database that introduced it (``contract.tables.Column``).
    """

    name: str
    dtype: DType
    unit: Unit
    group: str
    nullable: bool = False
    since: int = 1

    @property
    def meaning_key(self) -> str:
        """The key of its meaning in the locale catalogues; ``.label`` follows for its name."""
        return f"feature.{self.name}"


FEATURES: tuple[Feature, ...] = (
    Feature("days_since_last", "int64", "days", "rfm"),
    Feature("orders", "int64", "count", "rfm"),
    Feature("revenue", "float64", "amount", "rfm"),
    Feature("gross_revenue", "float64", "amount", "rfm"),
    Feature("returned_amount", "float64", "amount", "rfm"),
    Feature("fees_amount", "float64", "amount", "rfm"),
    Feature("first_order_date", "date", "date", "rfm"),
    Feature("last_order_date", "date", "date", "rfm"),
    Feature("tenure_days", "int64", "days", "rfm"),
    Feature("purchase_days", "int64", "count", "cadence"),
    Feature("gap_days_mean", "float64", "days", "cadence", nullable=True),
    Feature("gap_days_std", "float64", "days", "cadence", nullable=True),
    Feature("gap_days_min", "int64", "days", "cadence", nullable=True),
    Feature("gap_days_max", "int64", "days", "cadence", nullable=True),
    Feature("gap_regularity", "float64", "share", "cadence", nullable=True),
    Feature("last_gap_ratio", "float64", "ratio", "cadence", nullable=True),
    Feature("average_order_value", "float64", "amount", "value"),
    Feature("largest_order_amount", "float64", "amount", "value"),
    Feature("order_amount_std", "float64", "amount", "value", nullable=True),
    Feature("average_unit_price", "float64", "amount", "value", nullable=True),
    Feature("lines", "int64", "count", "basket"),
    Feature("units", "float64", "units", "basket"),
    Feature("lines_per_order", "float64", "count", "basket"),
    Feature("units_per_order", "float64", "units", "basket"),
    Feature("products_per_order", "float64", "count", "basket", nullable=True),
    Feature("products", "int64", "count", "variety", nullable=True),
    Feature("top_product_share", "float64", "share", "variety", nullable=True),
    Feature("repeat_product_share", "float64", "share", "variety", nullable=True),
    Feature("new_products_90d", "int64", "count", "variety", nullable=True),
    Feature("returned_units", "float64", "units", "returns"),
    Feature("return_orders", "int64", "count", "returns"),
    Feature("returned_share", "float64", "share", "returns", nullable=True),
    Feature("unmatched_returned_amount", "float64", "amount", "returns"),
    Feature("cancelled_orders", "int64", "count", "returns"),
    Feature("days_since_last_return", "int64", "days", "returns", nullable=True),
    Feature("orders_30d", "int64", "count", "trend"),
    Feature("revenue_30d", "float64", "amount", "trend"),
    Feature("orders_90d", "int64", "count", "trend"),
    Feature("revenue_90d", "float64", "amount", "trend"),
    Feature("orders_365d", "int64", "count", "trend"),
    Feature("revenue_365d", "float64", "amount", "trend"),
    Feature("trend_30d", "float64", "ratio", "trend", nullable=True),
    Feature("trend_90d", "float64", "ratio", "trend", nullable=True),
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
    Feature("age_years", "float64", "years", "attributes", nullable=True),
    Feature("gender", "string", "", "attributes", nullable=True),
    Feature("region", "string", "", "attributes", nullable=True),
    Feature("signup_days", "int64", "days", "attributes", nullable=True),
)

FEATURE_NAMES = tuple(feature.name for feature in FEATURES)
_BY_NAME = {feature.name: feature for feature in FEATURES}


def find_feature(name: str) -> Feature:
    """Return a feature by its name.

    Raises
    ------
    KeyError
        There is no such feature.

    Examples
    --------
    >>> find_feature("revenue").unit
    'amount'
    """
    return _BY_NAME[name]

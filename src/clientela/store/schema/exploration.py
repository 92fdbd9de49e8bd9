"""How the customers spread: distributions, a map, and months of first orders."""

from sqlalchemy import BigInteger, Date, Double, Integer, Table, Text

from clientela.store.schema.columns import column, json, key, metadata, run, run_key, sentence
from clientela.store.types import MONEY

exploration = Table(
    "exploration",
    metadata,
    run_key(),
    key("position", Integer),
    column("feature", Text, nullable=False),
    *(
        column(name, Double)
        for name in (
            *("mean", "std", "minimum", "q05", "q25", "median", "q75", "q95", "maximum"),
            "skewness",
        )
    ),
    column("zero_share", Double, "share"),
    column("missing_share", Double, "share"),
    column("outliers", BigInteger, "count"),
    column("role", Text),
    *sentence("reason"),
    json("correlations"),
    column("information", Double, "share"),
)

customer_map = Table(
    "customer_map",
    metadata,
    run(),
    column("x", Double),
    column("y", Double),
    column("segment", Integer),
)

cohorts = Table(
    "cohorts",
    metadata,
    run_key(),
    key("cohort", Date, "date"),
    key("month", Date, "date"),
    column("customers", BigInteger, "count"),
    column("active", BigInteger, "count"),
    column("revenue", MONEY, "amount"),
)

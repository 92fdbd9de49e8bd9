"""The loyalty programme: who is in, by which rules, and what is known of its worth."""

from sqlalchemy import BigInteger, Boolean, Date, Double, Index, Integer, Table, Text

from clientela.store.schema.columns import column, json, key, metadata, run, run_key, sentence
from clientela.store.types import ID, MONEY

programme_policies = Table(
    "programme_policies",
    metadata,
    run_key(),
    key("policy", Text),
    column("members", BigInteger, "count"),
    column("members_share", Double, "share"),
    column("revenue", MONEY, "amount"),
    column("revenue_share", Double, "share"),
    column("later_revenue_share", Double, "share"),
    column("dates", Integer, "count"),
    column("chosen", Boolean, nullable=False),
    column("within_budget", Boolean),
    *sentence("reason"),
)

programme_size = Table(
    "programme_size",
    metadata,
    run(),
    column("customers_share", Double, "share"),
    column("revenue_share", Double, "share"),
    column("bend", Boolean),
    column("budget", Boolean),
)

programme_rules = Table(
    "programme_rules",
    metadata,
    run_key(),
    key("kind", Text),
    key("position", Integer),
    column("feature", Text),
    column("operator", Text),
    column("value", Double),
    column("unit", Text),
    *sentence("sentence"),
    column("grace_days", Integer, "days"),
)

# As many rows as customers may come; like customers it names its run without a foreign key.
programme_members = Table(
    "programme_members",
    metadata,
    key("run_id", ID),
    key("customer_id", ID),
    column("status", Text, nullable=False),
    column("since", Date, "date"),
    column("leaves_on", Date, "date"),
    column("segment", Integer),
    column("revenue_365d", Double, "amount"),
    column("orders_365d", BigInteger, "count"),
    column("days_since_last", BigInteger, "days"),
    column("expected_revenue", Double, "amount"),
    *sentence("reason"),
    json("missing"),
    column("deadline", Date, "date"),
    Index(None, "run_id", "status", "customer_id"),
    sqlite_with_rowid=False,
)

programme_months = Table(
    "programme_months",
    metadata,
    run_key(),
    key("as_of", Date, "date"),
    column("customers", BigInteger, "count"),
    column("members", BigInteger, "count"),
    column("entered", BigInteger, "count"),
    column("left", BigInteger, "count"),
    column("reentered", BigInteger, "count"),
    column("members_share", Double, "share"),
    column("revenue_share", Double, "share"),
    column("months_stayed_median", Double),
)

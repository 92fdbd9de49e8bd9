"""The first schema of the results database."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MONEY = sa.Numeric(18, 4)
MOMENT = sa.DateTime(timezone=True)

FEATURES: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("days_since_last", sa.BigInteger()),
    ("orders", sa.BigInteger()),
    ("revenue", sa.Double()),
    ("gross_revenue", sa.Double()),
    ("returned_amount", sa.Double()),
    ("fees_amount", sa.Double()),
    ("first_order_date", sa.Date()),
    ("last_order_date", sa.Date()),
    ("tenure_days", sa.BigInteger()),
    ("purchase_days", sa.BigInteger()),
    ("gap_days_mean", sa.Double()),
    ("gap_days_std", sa.Double()),
    ("gap_days_min", sa.BigInteger()),
    ("gap_days_max", sa.BigInteger()),
    ("gap_regularity", sa.Double()),
    ("last_gap_ratio", sa.Double()),
    ("average_order_value", sa.Double()),
    ("largest_order_amount", sa.Double()),
    ("order_amount_std", sa.Double()),
    ("average_unit_price", sa.Double()),
    ("lines", sa.BigInteger()),
    ("units", sa.Double()),
    ("lines_per_order", sa.Double()),
    ("units_per_order", sa.Double()),
    ("products_per_order", sa.Double()),
    ("products", sa.BigInteger()),
    ("top_product_share", sa.Double()),
    ("repeat_product_share", sa.Double()),
    ("new_products_90d", sa.BigInteger()),
    ("returned_units", sa.Double()),
    ("return_orders", sa.BigInteger()),
    ("returned_share", sa.Double()),
    ("unmatched_returned_amount", sa.Double()),
    ("cancelled_orders", sa.BigInteger()),
    ("days_since_last_return", sa.BigInteger()),
    ("orders_30d", sa.BigInteger()),
    ("revenue_30d", sa.Double()),
    ("orders_90d", sa.BigInteger()),
    ("revenue_90d", sa.Double()),
    ("orders_365d", sa.BigInteger()),
    ("revenue_365d", sa.Double()),
    ("trend_30d", sa.Double()),
    ("trend_90d", sa.Double()),
    ("weekday_share_mon", sa.Double()),
    ("weekday_share_tue", sa.Double()),
    ("weekday_share_wed", sa.Double()),
    ("weekday_share_thu", sa.Double()),
    ("weekday_share_fri", sa.Double()),
    ("weekday_share_sat", sa.Double()),
    ("weekday_share_sun", sa.Double()),
    ("hour_share_night", sa.Double()),
    ("hour_share_morning", sa.Double()),
    ("hour_share_afternoon", sa.Double()),
    ("hour_share_evening", sa.Double()),
    ("services", sa.BigInteger()),
    ("top_service", sa.Text()),
    ("top_service_share", sa.Double()),
    ("channels", sa.BigInteger()),
    ("top_channel", sa.Text()),
    ("top_channel_share", sa.Double()),
    ("categories", sa.BigInteger()),
    ("top_category", sa.Text()),
    ("top_category_share", sa.Double()),
    ("country", sa.Text()),
    ("age_years", sa.Double()),
    ("gender", sa.Text()),
    ("region", sa.Text()),
    ("signup_days", sa.BigInteger()),
)


def upgrade() -> None:
    """Make every table."""
    _api_keys()
    _customers()
    _runs()
    _current_run()
    _metrics()
    _models()
    _no_purchases()
    _quality()
    _quarantine()
    _revenue_by_month()
    _segment_migrations()
    _segments()


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_api_keys"),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.Column("segment_confidence", sa.Double(), nullable=True),
        sa.Column("rfm_segment", sa.Text(), nullable=True),
        sa.Column("r_score", sa.Integer(), nullable=True),
        sa.Column("f_score", sa.Integer(), nullable=True),
        sa.Column("m_score", sa.Integer(), nullable=True),
        *(sa.Column(name, kind) for name, kind in FEATURES),
        sa.Column("attributes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name="pk_customers"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_customers_run_id_segment_customer_id", "customers", ["run_id", "segment", "customer_id"]
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("data_hash", sa.Text(), nullable=False),
        sa.Column("config_hash", sa.Text(), nullable=False),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("rows_in", sa.BigInteger(), nullable=False),
        sa.Column("rows_canonical", sa.BigInteger(), nullable=False),
        sa.Column("rows_quarantined", sa.BigInteger(), nullable=False),
        sa.Column("rows_already_held", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("net_amount", MONEY, nullable=False),
        sa.Column("unidentified_share", sa.Double(), nullable=True),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
    )


def _current_run() -> None:
    op.create_table(
        "current_run",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("run_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_current_run_run_id"),
        sa.CheckConstraint("id = 1", name="ck_current_run_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_current_run"),
    )


def _metrics() -> None:
    op.create_table(
        "metrics",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_metrics_run_id"),
    )
    op.create_index("ix_metrics_run_id", "metrics", ["run_id"])


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_models_run_id"),
        sa.PrimaryKeyConstraint("run_id", "model_id", name="pk_models"),
    )


def _no_purchases() -> None:
    op.create_table(
        "no_purchases",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("returned_amount", MONEY, nullable=True),
        sa.Column("fees_amount", MONEY, nullable=True),
        sa.Column("first_seen", sa.Date(), nullable=True),
        sa.Column("last_seen", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_no_purchases_run_id"),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name="pk_no_purchases"),
    )


def _quality() -> None:
    op.create_table(
        "quality",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("table", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("amount", MONEY, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_quality_run_id"),
    )
    op.create_index("ix_quality_run_id", "quality", ["run_id"])


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_row", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("customer_id", ID, nullable=True),
        sa.Column("amount", MONEY, nullable=True),
        sa.Column("line", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_quarantine_run_id"),
    )
    op.create_index("ix_quarantine_run_id", "quarantine", ["run_id"])


def _revenue_by_month() -> None:
    op.create_table(
        "revenue_by_month",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("gross", MONEY, nullable=False),
        sa.Column("returned", MONEY, nullable=False),
        sa.Column("net", MONEY, nullable=False),
        sa.Column("fees", MONEY, nullable=False),
        sa.Column("unidentified_amount", MONEY, nullable=False),
        sa.Column("unidentified_share", sa.Double(), nullable=True),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_revenue_by_month_run_id"),
        sa.PrimaryKeyConstraint("run_id", "month", name="pk_revenue_by_month"),
    )


def _segment_migrations() -> None:
    op.create_table(
        "segment_migrations",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("previous_run_id", ID, nullable=False),
        sa.Column("from_segment", sa.Integer(), nullable=True),
        sa.Column("to_segment", sa.Integer(), nullable=True),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("revenue", MONEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["previous_run_id"], ["runs.run_id"], name="fk_segment_migrations_previous_run_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_segment_migrations_run_id"),
    )
    op.create_index("ix_segment_migrations_run_id", "segment_migrations", ["run_id"])


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_pt_br", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("description_pt_br", sa.Text(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=False),
        sa.Column("customers_share", sa.Double(), nullable=True),
        sa.Column("revenue", MONEY, nullable=False),
        sa.Column("revenue_share", sa.Double(), nullable=True),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_segments_run_id"),
        sa.PrimaryKeyConstraint("run_id", "segment", name="pk_segments"),
    )

"""Value and churn: what customers are expected to do, and the models that say so."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

CUSTOMERS: tuple[tuple[str, Any], ...] = (
    ("churn_probability", sa.Double()),
    ("churn_band", sa.Text()),
    ("churn_reasons", sa.Text()),
    ("churn_reasons_en", sa.Text()),
    ("churn_reasons_pt_br", sa.Text()),
    ("p_alive", sa.Double()),
    ("expected_orders", sa.Double()),
    ("expected_orders_low", sa.Double()),
    ("expected_orders_high", sa.Double()),
    ("expected_revenue", sa.Double()),
    ("expected_revenue_low", sa.Double()),
    ("expected_revenue_high", sa.Double()),
    ("likely_revenue", sa.Double()),
    ("clv", sa.Double()),
    ("next_order", sa.Date()),
    ("next_order_low", sa.Date()),
    ("next_order_high", sa.Date()),
)


def upgrade() -> None:
    """Add what tells of value and churn."""
    for name, kind in CUSTOMERS:
        op.add_column("customers", sa.Column(name, kind, nullable=True))
    _btyd_fits()
    _churn_contacts()
    _churn_horizons()
    _model_candidates()
    _model_curves()
    _model_importance()
    _model_metrics()
    _model_notes()
    _value_forecast()


def _btyd_fits() -> None:
    op.create_table(
        "btyd_fits",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("parameter", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("identified", sa.Boolean(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=True),
        sa.Column("note_en", sa.Text(), nullable=True),
        sa.Column("note_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_btyd_fits_run_id"),
        sa.PrimaryKeyConstraint("run_id", "model", "parameter", name="pk_btyd_fits"),
    )


def _churn_contacts() -> None:
    op.create_table(
        "churn_contacts",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("contacts", sa.BigInteger(), nullable=True),
        sa.Column("contacts_share", sa.Double(), nullable=True),
        sa.Column("threshold", sa.Double(), nullable=True),
        sa.Column("profit", sa.Double(), nullable=True),
        sa.Column("profit_low", sa.Double(), nullable=True),
        sa.Column("profit_high", sa.Double(), nullable=True),
        sa.Column("profit_random", sa.Double(), nullable=True),
        sa.Column("profit_revenue", sa.Double(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_churn_contacts_run_id"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_churn_contacts"),
    )


def _churn_horizons() -> None:
    op.create_table(
        "churn_horizons",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("churn_share", sa.Double(), nullable=True),
        sa.Column("returned_share", sa.Double(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_churn_horizons_run_id"),
        sa.PrimaryKeyConstraint("run_id", "horizon_days", name="pk_churn_horizons"),
    )


def _model_candidates() -> None:
    op.create_table(
        "model_candidates",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("trials", sa.Integer(), nullable=True),
        sa.Column("exportable", sa.Boolean(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_en", sa.Text(), nullable=True),
        sa.Column("verdict_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_model_candidates_run_id"),
        sa.PrimaryKeyConstraint("run_id", "purpose", "position", name="pk_model_candidates"),
    )


def _model_curves() -> None:
    op.create_table(
        "model_curves",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("curve", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_model_curves_run_id"),
        sa.PrimaryKeyConstraint(
            "run_id", "purpose", "model", "curve", "position", name="pk_model_curves"
        ),
    )


def _model_importance() -> None:
    op.create_table(
        "model_importance",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("importance", sa.Double(), nullable=True),
        sa.Column("direction", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_model_importance_run_id"),
        sa.PrimaryKeyConstraint(
            "run_id", "purpose", "model", "position", name="pk_model_importance"
        ),
    )


def _model_metrics() -> None:
    op.create_table(
        "model_metrics",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("baseline", sa.Text(), nullable=True),
        sa.Column("difference", sa.Double(), nullable=True),
        sa.Column("difference_low", sa.Double(), nullable=True),
        sa.Column("difference_high", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_model_metrics_run_id"),
    )
    op.create_index("ix_model_metrics_run_id", "model_metrics", ["run_id"])


def _model_notes() -> None:
    op.create_table(
        "model_notes",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=True),
        sa.Column("text_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_model_notes_run_id"),
        sa.PrimaryKeyConstraint("run_id", "purpose", "position", name="pk_model_notes"),
    )


def _value_forecast() -> None:
    op.create_table(
        "value_forecast",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customer_group", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("hits", sa.Integer(), nullable=True),
        sa.Column("dates", sa.Integer(), nullable=True),
        sa.Column("bias", sa.Double(), nullable=True),
        sa.Column("measurable", sa.Boolean(), nullable=True),
        sa.Column("sentence_en", sa.Text(), nullable=True),
        sa.Column("sentence_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_value_forecast_run_id"),
        sa.PrimaryKeyConstraint("run_id", "customer_group", "days", name="pk_value_forecast"),
    )

"""The loyalty programme, hypotheses and experiments."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MONEY = sa.Numeric(18, 4)
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add what tells of the programme."""
    _customers_columns()
    _experiments()
    _hypotheses()
    _programme_forecast()
    _programme_members()
    _programme_months()
    _programme_policies()
    _programme_proof()
    _programme_rules()
    _programme_size()
    _programme_tests()
    _experiment_members()


def _customers_columns() -> None:
    op.add_column("customers", sa.Column("outlier", sa.Boolean(), nullable=True))
    op.add_column("customers", sa.Column("insider", sa.Text(), nullable=True))
    op.add_column("customers", sa.Column("insider_since", sa.Date(), nullable=True))


def _experiments() -> None:
    op.create_table(
        "experiments",
        sa.Column("experiment_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_id", name="pk_experiments"),
        sa.UniqueConstraint("name", name="uq_experiments_name"),
    )


def _hypotheses() -> None:
    op.create_table(
        "hypotheses",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=True),
        sa.Column("text_pt_br", sa.Text(), nullable=True),
        sa.Column("chosen_on", sa.Date(), nullable=True),
        sa.Column("tested_on", sa.Date(), nullable=True),
        sa.Column("effect", sa.Double(), nullable=True),
        sa.Column("effect_unit", sa.Text(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("test", sa.Text(), nullable=True),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("p_holm", sa.Double(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("sentence_en", sa.Text(), nullable=True),
        sa.Column("sentence_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_hypotheses_run_id"),
        sa.PrimaryKeyConstraint("run_id", "key", name="pk_hypotheses"),
    )


def _programme_forecast() -> None:
    op.create_table(
        "programme_forecast",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customer_group", sa.Text(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False, autoincrement=False),
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
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_forecast_run_id"),
        sa.PrimaryKeyConstraint("run_id", "customer_group", "months", name="pk_programme_forecast"),
    )


def _programme_members() -> None:
    op.create_table(
        "programme_members",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("leaves_on", sa.Date(), nullable=True),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.Column("revenue_365d", sa.Double(), nullable=True),
        sa.Column("orders_365d", sa.BigInteger(), nullable=True),
        sa.Column("days_since_last", sa.BigInteger(), nullable=True),
        sa.Column("expected_revenue", sa.Double(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        sa.Column("reason_pt_br", sa.Text(), nullable=True),
        sa.Column("missing", sa.Text(), nullable=True),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "customer_id", name="pk_programme_members"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_programme_members_run_id_status_customer_id",
        "programme_members",
        ["run_id", "status", "customer_id"],
    )


def _programme_months() -> None:
    op.create_table(
        "programme_months",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("entered", sa.BigInteger(), nullable=True),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("reentered", sa.BigInteger(), nullable=True),
        sa.Column("members_share", sa.Double(), nullable=True),
        sa.Column("revenue_share", sa.Double(), nullable=True),
        sa.Column("months_stayed_median", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_months_run_id"),
        sa.PrimaryKeyConstraint("run_id", "as_of", name="pk_programme_months"),
    )


def _programme_policies() -> None:
    op.create_table(
        "programme_policies",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("members_share", sa.Double(), nullable=True),
        sa.Column("revenue", MONEY, nullable=True),
        sa.Column("revenue_share", sa.Double(), nullable=True),
        sa.Column("later_revenue_share", sa.Double(), nullable=True),
        sa.Column("dates", sa.Integer(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("within_budget", sa.Boolean(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        sa.Column("reason_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_policies_run_id"),
        sa.PrimaryKeyConstraint("run_id", "policy", name="pk_programme_policies"),
    )


def _programme_proof() -> None:
    op.create_table(
        "programme_proof",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("customer_group", sa.Text(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("revenue_per_customer", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("retention", sa.Double(), nullable=True),
        sa.Column("orders_per_customer", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_proof_run_id"),
    )
    op.create_index("ix_programme_proof_run_id", "programme_proof", ["run_id"])


def _programme_rules() -> None:
    op.create_table(
        "programme_rules",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("feature", sa.Text(), nullable=True),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("sentence_en", sa.Text(), nullable=True),
        sa.Column("sentence_pt_br", sa.Text(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_rules_run_id"),
        sa.PrimaryKeyConstraint("run_id", "kind", "position", name="pk_programme_rules"),
    )


def _programme_size() -> None:
    op.create_table(
        "programme_size",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("customers_share", sa.Double(), nullable=True),
        sa.Column("revenue_share", sa.Double(), nullable=True),
        sa.Column("bend", sa.Boolean(), nullable=True),
        sa.Column("budget", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_size_run_id"),
    )
    op.create_index("ix_programme_size_run_id", "programme_size", ["run_id"])


def _programme_tests() -> None:
    op.create_table(
        "programme_tests",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("baseline", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("difference", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("dates", sa.Integer(), nullable=True),
        sa.Column("better", sa.Boolean(), nullable=True),
        sa.Column("sentence_en", sa.Text(), nullable=True),
        sa.Column("sentence_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_programme_tests_run_id"),
        sa.PrimaryKeyConstraint("run_id", "baseline", "measure", name="pk_programme_tests"),
    )


def _experiment_members() -> None:
    op.create_table(
        "experiment_members",
        sa.Column("experiment_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("arm", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=True),
        sa.Column("before", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiments.experiment_id"],
            name="fk_experiment_members_experiment_id",
        ),
        sa.PrimaryKeyConstraint("experiment_id", "customer_id", name="pk_experiment_members"),
    )

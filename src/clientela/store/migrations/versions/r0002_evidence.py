"""The evidence for the segments, actions, and the report's answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
MONEY = sa.Numeric(18, 4)


def upgrade() -> None:
    """Add what tells of the segments."""
    _segments_columns()
    _actions()
    _answers()
    _cohorts()
    _customer_map()
    _exploration()
    _segment_candidates()
    _segment_gaps()


def _segments_columns() -> None:
    op.add_column("segments", sa.Column("rule_en", sa.Text(), nullable=True))
    op.add_column("segments", sa.Column("rule_pt_br", sa.Text(), nullable=True))
    op.add_column("segments", sa.Column("rule_precision", sa.Double(), nullable=True))
    op.add_column("segments", sa.Column("rule_recall", sa.Double(), nullable=True))
    op.add_column("segments", sa.Column("silhouette", sa.Double(), nullable=True))
    op.add_column("segments", sa.Column("jaccard", sa.Double(), nullable=True))
    op.add_column("segments", sa.Column("silhouettes", sa.Text(), nullable=True))
    op.add_column("segments", sa.Column("outliers", sa.BigInteger(), nullable=True))


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=True),
        sa.Column("title_pt_br", sa.Text(), nullable=True),
        sa.Column("text_en", sa.Text(), nullable=True),
        sa.Column("text_pt_br", sa.Text(), nullable=True),
        sa.Column("audience", sa.BigInteger(), nullable=True),
        sa.Column("audience_rule_en", sa.Text(), nullable=True),
        sa.Column("audience_rule_pt_br", sa.Text(), nullable=True),
        sa.Column("amount_at_stake", sa.Double(), nullable=True),
        sa.Column("measure_en", sa.Text(), nullable=True),
        sa.Column("measure_pt_br", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_actions_run_id"),
        sa.PrimaryKeyConstraint("run_id", "segment", "position", name="pk_actions"),
    )


def _answers() -> None:
    op.create_table(
        "answers",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("lang", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_answers_run_id"),
        sa.PrimaryKeyConstraint("run_id", "lang", "position", name="pk_answers"),
    )


def _cohorts() -> None:
    op.create_table(
        "cohorts",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("cohort", sa.Date(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("customers", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.BigInteger(), nullable=True),
        sa.Column("revenue", MONEY, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_cohorts_run_id"),
        sa.PrimaryKeyConstraint("run_id", "cohort", "month", name="pk_cohorts"),
    )


def _customer_map() -> None:
    op.create_table(
        "customer_map",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("x", sa.Double(), nullable=True),
        sa.Column("y", sa.Double(), nullable=True),
        sa.Column("segment", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_customer_map_run_id"),
    )
    op.create_index("ix_customer_map_run_id", "customer_map", ["run_id"])


def _exploration() -> None:
    op.create_table(
        "exploration",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("mean", sa.Double(), nullable=True),
        sa.Column("std", sa.Double(), nullable=True),
        sa.Column("minimum", sa.Double(), nullable=True),
        sa.Column("q05", sa.Double(), nullable=True),
        sa.Column("q25", sa.Double(), nullable=True),
        sa.Column("median", sa.Double(), nullable=True),
        sa.Column("q75", sa.Double(), nullable=True),
        sa.Column("q95", sa.Double(), nullable=True),
        sa.Column("maximum", sa.Double(), nullable=True),
        sa.Column("skewness", sa.Double(), nullable=True),
        sa.Column("zero_share", sa.Double(), nullable=True),
        sa.Column("missing_share", sa.Double(), nullable=True),
        sa.Column("outliers", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("reason_en", sa.Text(), nullable=True),
        sa.Column("reason_pt_br", sa.Text(), nullable=True),
        sa.Column("correlations", sa.Text(), nullable=True),
        sa.Column("information", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_exploration_run_id"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_exploration"),
    )


def _segment_candidates() -> None:
    op.create_table(
        "segment_candidates",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=True),
        sa.Column("k", sa.Integer(), nullable=True),
        sa.Column("silhouette", sa.Double(), nullable=True),
        sa.Column("silhouette_error", sa.Double(), nullable=True),
        sa.Column("own_silhouette", sa.Double(), nullable=True),
        sa.Column("permuted_silhouette", sa.Double(), nullable=True),
        sa.Column("davies_bouldin", sa.Double(), nullable=True),
        sa.Column("calinski_harabasz", sa.Double(), nullable=True),
        sa.Column("within_ss", sa.Double(), nullable=True),
        sa.Column("noise_share", sa.Double(), nullable=True),
        sa.Column("smallest_share", sa.Double(), nullable=True),
        sa.Column("largest_share", sa.Double(), nullable=True),
        sa.Column("shares", sa.Text(), nullable=True),
        sa.Column("revenue_shares", sa.Text(), nullable=True),
        sa.Column("bootstrap_ari", sa.Double(), nullable=True),
        sa.Column("bootstrap_ari_low", sa.Double(), nullable=True),
        sa.Column("jaccard", sa.Double(), nullable=True),
        sa.Column("seed_ari", sa.Double(), nullable=True),
        sa.Column("refits", sa.Integer(), nullable=True),
        sa.Column("fidelity", sa.Double(), nullable=True),
        sa.Column("foresight", sa.Double(), nullable=True),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("verdict_en", sa.Text(), nullable=True),
        sa.Column("verdict_pt_br", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_segment_candidates_run_id"),
        sa.PrimaryKeyConstraint("run_id", "position", name="pk_segment_candidates"),
    )


def _segment_gaps() -> None:
    op.create_table(
        "segment_gaps",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("feature", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("members_value", sa.Double(), nullable=True),
        sa.Column("ratio", sa.Double(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.run_id"], name="fk_segment_gaps_run_id"),
        sa.PrimaryKeyConstraint("run_id", "segment", "feature", name="pk_segment_gaps"),
    )

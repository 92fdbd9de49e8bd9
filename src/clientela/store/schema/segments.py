"""Segments: their names, sizes and moves, and the evidence for them."""

from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, Integer, Table, Text

from clientela.store.schema.columns import column, json, key, metadata, run, run_key, sentence
from clientela.store.types import ID, MONEY

segments = Table(
    "segments",
    metadata,
    run_key(),
    key("segment", Integer),
    column("name_en", Text, nullable=False),
    column("name_pt_br", Text, nullable=False),
    column("description_en", Text, nullable=False),
    column("description_pt_br", Text, nullable=False),
    column("customers", BigInteger, "count", nullable=False),
    column("customers_share", Double, "share"),
    column("revenue", MONEY, "amount", nullable=False),
    column("revenue_share", Double, "share"),
    json("profile", nullable=False),
    *sentence("rule"),
    column("rule_precision", Double, "share"),
    column("rule_recall", Double, "share"),
    column("silhouette", Double),
    column("jaccard", Double, "share"),
    json("silhouettes"),
    column("outliers", BigInteger, "count"),
)

segment_migrations = Table(
    "segment_migrations",
    metadata,
    run(),
    column("previous_run_id", ID, "", ForeignKey("runs.run_id"), nullable=False),
    column("from_segment", Integer),
    column("to_segment", Integer),
    column("customers", BigInteger, "count", nullable=False),
    column("revenue", MONEY, "amount", nullable=False),
)

segment_candidates = Table(
    "segment_candidates",
    metadata,
    run_key(),
    key("position", Integer),
    column("space", Text, nullable=False),
    column("algorithm", Text, nullable=False),
    json("parameters"),
    column("k", Integer, "count"),
    column("silhouette", Double),
    column("silhouette_error", Double),
    column("own_silhouette", Double),
    column("permuted_silhouette", Double),
    column("davies_bouldin", Double),
    column("calinski_harabasz", Double),
    column("within_ss", Double),
    column("noise_share", Double, "share"),
    column("smallest_share", Double, "share"),
    column("largest_share", Double, "share"),
    json("shares"),
    json("revenue_shares"),
    column("bootstrap_ari", Double),
    column("bootstrap_ari_low", Double),
    column("jaccard", Double, "share"),
    column("seed_ari", Double),
    column("refits", Integer, "count"),
    column("fidelity", Double, "share"),
    column("foresight", Double, "share"),
    column("chosen", Boolean, nullable=False),
    column("verdict", Text),
    *sentence("verdict"),
)

segment_gaps = Table(
    "segment_gaps",
    metadata,
    run_key(),
    key("segment", Integer),
    key("feature", Text),
    column("value", Double),
    column("members_value", Double),
    column("ratio", Double, "ratio"),
    column("position", Integer),
)

actions = Table(
    "actions",
    metadata,
    run_key(),
    key("segment", Integer),
    key("position", Integer),
    column("action", Text, nullable=False),
    *sentence("title"),
    *sentence("text"),
    column("audience", BigInteger, "count"),
    *sentence("audience_rule"),
    column("amount_at_stake", Double, "amount"),
    *sentence("measure"),
    json("detail"),
)

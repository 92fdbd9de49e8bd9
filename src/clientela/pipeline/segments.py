"""The segment stage: every customer scored, with what a person needs to understand the segments."""

import dataclasses
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Segments
from clientela.features.daily_revenue import read_purchase_days
from clientela.features.history import History
from clientela.i18n import LANGS
from clientela.pipeline.result import Result
from clientela.pipeline.segment_description import describe_segments
from clientela.progress import Progress
from clientela.registry.card import Card
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.segments.describe import candidates as evidence
from clientela.segments.describe.candidates import tabulate_candidates
from clientela.segments.describe.exploration import (
    Persistence,
    explore_features,
    list_compared_features,
    measure_persistence,
)
from clientela.segments.describe.id_matching import match_ids
from clientela.segments.describe.months import count_months
from clientela.segments.describe.outliers import drop_outliers, flag_outliers
from clientela.segments.describe.profile import SegmentProfile, profile_segments
from clientela.segments.describe.segment_names import name_segments
from clientela.segments.fit import rfm_breaks as rfm_fit
from clientela.segments.fit import segmentation
from clientela.segments.fit.out_of_time import read_snapshot_pair
from clientela.segments.score import model as segment_scores
from clientela.segments.score import rfm as rfm_scores
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles
from clientela.store.segment_labels import SegmentLabels, join_names

FORESIGHT_DAYS = 90
"""Days of revenue after a past snapshot by which segmentations are compared: a quarter, as firms
plan."""

OVERLAPS = {
    "members": ("insider", ("member", "leaving")),
    "high_risk": ("churn_band", ("high",)),
}
"""What the programme and churn say of a segment's customers."""

MODELS = pa.schema([(name, pa.string()) for name in ("model_id", "kind", "role", "card")])


def segment_customers(
    snapshot: pa.Table,
    history: History,
    settings: Segments,
    registry: ModelRegistry,
    *,
    currency: str | None,
    labels: SegmentLabels | None = None,
) -> Result:
    """Score every customer of a snapshot, fitting only where there is a reason to.

    Parameters
    ----------
    labels : mapping, optional
        Names and colours that people gave to segments, by segment.

    Returns
    -------
    Result
        ``model`` is the :class:`SegmentModel`; ``facts`` hold ``model``, ``segments`` and
        ``segmentation``.
    """
    rfm = load_rfm(snapshot, settings, registry)
    stored = load_segmentation(snapshot, history, settings, registry)
    model: SegmentModel = stored.model
    segment, confidence = model.assign(snapshot)
    labels = labels or {}
    profiles = [
        rename_segment(profile, labels.get(profile.id, {}))
        for profile in profile_segments(model, snapshot, segment, currency)
    ]
    described = describe_segments(snapshot, segment, stored, settings, registry, currency)
    tables = {
        "customers": _customer_rows(
            snapshot, segment, confidence, rfm.model.score(snapshot), model
        ),
        "segments": _segment_rows(profiles, labels).join(
            described.columns, "segment", use_threads=False
        ),
        "customer_map": described.picture,
        "segment_candidates": tabulate_candidates(model.card),
        "exploration": explore_features(
            snapshot, model, segment, _recall_persistence(snapshot, stored, history, registry)
        ),
        "segment_months": count_months(history.compute_once(read_purchase_days), segment),
        "models": pa.Table.from_pylist([_champion_row(stored), _champion_row(rfm)], MODELS),
        "metrics": _metric_rows(stored),
    }
    facts = {
        "model": stored.describe(),
        "segments": [_segment_facts(profile) for profile in profiles],
        "segmentation": {"notes": _notes(model.card), **described.facts},
    }
    return Result(tables, facts, model)


def count_overlaps(segments: pa.Table, customers: pa.Table) -> pa.Table:
    """Add to segments how many of each are in the programme, and how many are at high risk.

    None where nobody's place or risk is known.
    """
    for name, (column, values) in OVERLAPS.items():
        counts: list[int | None] = [None] * len(segments)
        if column in customers.column_names and customers[column].null_count < len(customers):
            marked = customers["segment"].filter(pc.is_in(customers[column], pa.array(values)))
            by_segment = Counter(marked.to_pylist())
            counts = [by_segment[segment] for segment in segments["segment"].to_pylist()]
        segments = segments.append_column(name, pa.array(counts, pa.int64()))
    return segments


def load_segmentation(
    snapshot: pa.Table,
    history: History,
    settings: Segments,
    registry: ModelRegistry,
) -> StoredModel:
    """Load the segmentation, or fit one whose segments keep the ids of those they continue."""
    stored = registry.load_or_explain(segment_scores.KIND, segment_scores.from_artifact)
    reason = stored.reason or segmentation.explain_refit(stored.model, snapshot, settings) or ""
    if not reason:
        return stored
    model = fit_successor(snapshot, history, settings, registry, stored.model)
    return registry.keep(model, reason)


def fit_successor(
    snapshot: pa.Table,
    history: History,
    settings: Segments,
    registry: ModelRegistry,
    former: SegmentModel | None,
) -> SegmentModel:
    """Fit segments; those that continue ones of the model before keep their ids and names."""
    model = segmentation.fit_segments(
        drop_outliers(snapshot) if settings.drop_outliers else snapshot,
        settings,
        as_of=registry.as_of,
        data_hash=registry.data_hash,
        past=read_snapshot_pair(history.sample, FORESIGHT_DAYS),
        progress=registry.progress or Progress("segments"),
    )
    if former:
        model = match_ids(model, model.assign(snapshot)[0], former, former.assign(snapshot)[0])
    return name_segments(model, snapshot, former)


def load_rfm(snapshot: pa.Table, settings: Segments, registry: ModelRegistry) -> StoredModel:
    """Load the RFM scores, or learn their break points."""
    stored = registry.load_or_explain(rfm_scores.KIND, rfm_scores.from_artifact)
    name, cuts, levels = settings.rfm_preset, settings.rfm_cuts, settings.rfm_levels
    reason = stored.reason
    if not reason:
        reason = rfm_fit.explain_refit(stored.model, name, cuts=cuts, levels=levels) or ""
    if not reason:
        return stored
    model = rfm_fit.fit_rfm(
        snapshot,
        name,
        as_of=registry.as_of,
        data_hash=registry.data_hash,
        cuts=cuts,
        levels=levels,
    )
    return registry.keep(model, reason)


def model_row(kind: str, model_id: str, role: str, card: Card) -> dict[str, Any]:
    """Return a row of the table ``models``."""
    return {"model_id": model_id, "kind": kind, "role": role, "card": encode(card)}


def _champion_row(stored: StoredModel) -> dict[str, Any]:
    card: Card = stored.model.card
    return model_row(card.kind, stored.model_id, "champion", card)


def encode(value: Any) -> str:
    """Return a value as JSON text."""
    return msgspec.json.encode(value, enc_hook=vars).decode()


def _recall_persistence(
    snapshot: pa.Table, stored: StoredModel, history: History, registry: ModelRegistry
) -> Persistence | None:
    """Recall how lasting each feature is, or measure it on the sample's past."""
    dates = history.dates(FORESIGHT_DAYS, FORESIGHT_DAYS, FORESIGHT_DAYS)[:1]
    if not dates:
        return None
    seed = stored.model.card.seed
    lasting: Persistence = registry.recall(
        "persistence",
        {"model": stored.model_id, "features": snapshot.column_names},
        lambda: measure_persistence(snapshot, history.sample.snapshot(dates[0]), seed),
    )
    return lasting


def _notes(card: Card) -> list[dict[str, Any]]:
    return [
        {"code": note.code}
        | {
            f"sentence_{lang.lower()}": evidence.write_note(note.code, note.values, lang)
            for lang in LANGS
        }
        for note in card.notes
    ]


def _customer_rows(
    snapshot: pa.Table,
    segment: Labels,
    confidence: Doubles,
    scores: pa.Table,
    model: SegmentModel,
) -> pa.Table:
    columns = {
        "segment": segment,
        "segment_confidence": confidence,
        "outlier": flag_outliers(snapshot, list_compared_features(model, snapshot)),
    }
    for name, values in columns.items():
        snapshot = snapshot.append_column(name, pa.array(values))
    for name in scores.column_names:
        snapshot = snapshot.append_column(name, scores[name])
    return snapshot


def rename_segment(profile: SegmentProfile, label: Mapping[str, Any]) -> SegmentProfile:
    """Return a profile under the names that people gave to its segment."""
    given = {lang: label.get(f"name_{lang.lower()}") for lang in profile.names}
    merged_as = label.get("merged_as")
    names = {
        lang: join_names(merged_as, given[lang] or name) for lang, name in profile.names.items()
    }
    return dataclasses.replace(profile, names=names)


def _segment_rows(profiles: list[SegmentProfile], labels: SegmentLabels) -> pa.Table:
    rows = pa.Table.from_pylist(
        [
            {
                "segment": profile.id,
                "name_en": profile.names["en"],
                "name_pt_br": profile.names["pt_BR"],
                "description_en": profile.descriptions["en"],
                "description_pt_br": profile.descriptions["pt_BR"],
                "customers": profile.customers,
                "customers_share": profile.customers_share,
                "revenue": profile.revenue,
                "revenue_share": profile.revenue_share,
                "profile": encode(profile.features),
            }
            for profile in profiles
        ]
    )
    colours = [labels.get(profile.id, {}).get("colour") for profile in profiles]
    rows = rows.append_column("colour", pa.array(colours, pa.int64()))
    position = rows.column_names.index("revenue_share")  # of no type where nobody has one
    shares = rows["revenue_share"].cast(pa.float64())
    return rows.set_column(position, "revenue_share", shares)


def _segment_facts(profile: SegmentProfile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": profile.names["en"],
        "name_pt_br": profile.names["pt_BR"],
        "name_pt_BR": profile.names["pt_BR"],
        "customers": profile.customers,
        "customers_share": profile.customers_share,
        "revenue": f"{profile.revenue:.2f}",
        "revenue_share": profile.revenue_share,
    }


def _metric_rows(stored: StoredModel) -> pa.Table:
    rows = evidence.tabulate_metrics(stored.model.card)
    return rows.append_column("model_id", pa.array([stored.model_id] * len(rows), pa.string()))

"""The second half of a run: every customer's segment, from the stored model or a new one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import Segments, Settings
from clientela.decisions import evidence, segments
from clientela.decisions.migrations import migrations
from clientela.decisions.profile import Profile
from clientela.models import rfm as rfm_fit
from clientela.models import segmentation
from clientela.pipeline.reading import State
from clientela.scoring import artifacts, registry
from clientela.scoring import rfm as rfm_scores
from clientela.scoring import segments as segment_scores
from clientela.scoring.rfm import RfmModel, RfmScores
from clientela.scoring.segments import Assignment, SegmentModel
from clientela.store.assignments import assignments
from clientela.tables.workspace import Workspace


@dataclass(frozen=True)
class Segmented:
    """What segmenting gives: tables for the store and facts for people.

    ``model`` names the segmentation and says whether, and why, it was fitted in this run.
    """

    tables: dict[str, pa.Table]
    customers: int
    listed: list[dict[str, Any]]
    model: dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """A model, its id in the registry, and why it was fitted now (empty if it was stored)."""

    model: Any
    model_id: str
    fitted: str


def segment(
    snapshot: pa.Table,
    workspace: Workspace,
    settings: Settings,
    state: State,
    url: str,
    *,
    refit: bool,
) -> Segmented:
    """Score every customer of a snapshot, fitting only where there is a reason to.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    workspace : Workspace
        Where models are kept.
    settings : Settings
        The configuration.
    state : State
        The tables behind the snapshot.
    url : str
        The results database, whose published run tells who moved.
    refit : bool
        Whether to fit again in any case.
    """
    folder, wanted = workspace.models_folder, settings.segments
    rfm = _rfm(folder, snapshot, wanted, state, refit)
    chosen = _segmentation(folder, snapshot, wanted, state, refit)
    assignment = chosen.model.assign(snapshot)
    profiles = segments.profiles(chosen.model, snapshot, assignment, state.manifest.currency)
    customers = _customers(snapshot, assignment, rfm.model.score(snapshot))
    tables = {
        "customers": customers,
        "segments": _segments(profiles),
        **_moves(url, customers),
        "models": _models(chosen, rfm),
        "metrics": _metrics(chosen),
    }
    facts = {"id": chosen.model_id, "fitted": bool(chosen.fitted), "reason": chosen.fitted or None}
    return Segmented(tables, len(snapshot), [_listed(each) for each in profiles], facts)


def _segmentation(
    folder: Path, snapshot: pa.Table, wanted: Segments, state: State, refit: bool
) -> Chosen:
    kind = segment_scores.KIND
    reason, model_id = _standing(folder, kind, refit)
    if model_id:
        held = segment_scores.from_artifact(artifacts.load(folder, kind, model_id))
        reason = segmentation.needs_refit(held, snapshot, wanted) or ""
        if not reason:
            return Chosen(held, model_id, "")
    fitted = segmentation.fit(snapshot, wanted, as_of=state.as_of, data_hash=state.data_hash)
    return _stored(folder, kind, segments.named(fitted, snapshot), reason)


def _rfm(folder: Path, snapshot: pa.Table, wanted: Segments, state: State, refit: bool) -> Chosen:
    kind, preset = rfm_scores.KIND, wanted.rfm_preset
    reason, model_id = _standing(folder, kind, refit)
    if model_id:
        held = rfm_scores.from_artifact(artifacts.load(folder, kind, model_id))
        reason = rfm_fit.needs_refit(held, preset) or ""
        if not reason:
            return Chosen(held, model_id, "")
    fitted = rfm_fit.fit(snapshot, preset, as_of=state.as_of, data_hash=state.data_hash)
    return _stored(folder, kind, fitted, reason)


def _standing(folder: Path, kind: str, refit: bool) -> tuple[str, str]:
    """Name the stored model to try, or say why none is: a refit must not need a sound one."""
    if refit:
        return "a refit was asked for", ""
    return "there was no model yet", registry.current(folder, kind) or ""


def _stored(folder: Path, kind: str, model: SegmentModel | RfmModel, reason: str) -> Chosen:
    model_id = artifacts.save(folder, model.artifact())
    registry.promote(folder, kind, model_id)
    return Chosen(model, model_id, reason)


def _customers(snapshot: pa.Table, assignment: Assignment, scores: RfmScores) -> pa.Table:
    given = {
        "segment": assignment.segment,
        "segment_confidence": assignment.confidence,
        "rfm_segment": scores.segment,
        "r_score": scores.r,
        "f_score": scores.f,
        "m_score": scores.m,
    }
    for name, values in given.items():
        snapshot = snapshot.append_column(name, pa.array(values))
    return snapshot


def _segments(profiles: list[Profile]) -> pa.Table:
    return pa.Table.from_pylist(
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
                "profile": _json(profile.features),
            }
            for profile in profiles
        ]
    )


def _listed(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": profile.names["en"],
        "name_pt_BR": profile.names["pt_BR"],
        "customers": profile.customers,
        "customers_share": profile.customers_share,
        "revenue": f"{profile.revenue:.2f}",
        "revenue_share": profile.revenue_share,
    }


def _moves(url: str, customers: pa.Table) -> dict[str, pa.Table]:
    """Tell who moved since the published run; nothing before the first."""
    before = assignments(url)
    if before is None:
        return {}
    moves = migrations(before.rows, customers)
    run_ids = pa.array([before.run_id] * len(moves), pa.string())
    return {"segment_migrations": moves.append_column("previous_run_id", run_ids)}


def _models(chosen: Chosen, rfm: Chosen) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "model_id": each.model_id,
                "kind": each.model.card.kind,
                "role": "champion",
                "card": _json(each.model.card),
            }
            for each in (chosen, rfm)
        ]
    )


def _metrics(chosen: Chosen) -> pa.Table:
    rows = evidence.metrics(chosen.model.card)
    return rows.append_column("model_id", pa.array([chosen.model_id] * len(rows), pa.string()))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=vars).decode()

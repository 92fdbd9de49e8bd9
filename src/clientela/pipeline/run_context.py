"""Which models score a run: the stored ones, or new ones where there is a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clientela.config import Segments
from clientela.errors import ArtifactError
from clientela.features.history import History
from clientela.pipeline.reading import State
from clientela.progress import Progress
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.segments.describe.id_matching import match_ids
from clientela.segments.describe.segment_names import name_segments
from clientela.segments.fit import rfm_breaks as rfm_fit
from clientela.segments.fit import segmentation
from clientela.segments.fit.out_of_time import read_snapshot_pair
from clientela.segments.score import model as segment_scores
from clientela.segments.score import rfm as rfm_scores
from clientela.segments.score.model import SegmentModel
from clientela.segments.score.rfm import RfmModel
from clientela.tables.workspace import Workspace

FORESIGHT_DAYS = 90


@dataclass(frozen=True)
class Chosen:
    """A model, its id in the registry, and why it was fitted now (empty if it was stored)."""

    model: Any
    model_id: str
    fitted: str


@dataclass(frozen=True)
class Ground:
    """What models are chosen upon; with ``refit`` they are fitted again in any case."""

    workspace: Workspace
    settings: Segments
    state: State
    history: History
    progress: Progress
    refit: bool

    def latest(self, kind: str) -> bool:
        """Say whether the current artifact of a kind was learnt on no later day than the run's."""
        folder = self.workspace.models_folder
        if self.refit or (model_id := registry.current(folder, kind)) is None:
            return True
        return artifacts.load(folder, kind, model_id).card.as_of <= self.state.as_of


def segmentation_of(snapshot: pa.Table, ground: Ground) -> Chosen:
    """Load the segmentation, or fit one whose segments keep the ids of those they continue."""
    kind = segment_scores.KIND
    reason, held = _standing(ground, kind, segment_scores.from_artifact)
    if held and not reason:
        reason = segmentation.explain_refit(held.model, snapshot, ground.settings) or ""
    if held and not reason:
        return held
    fitted = _fitted(snapshot, ground)
    if held:
        fitted = match_ids(fitted, fitted.assign(snapshot), held.model, held.model.assign(snapshot))
    named = name_segments(fitted, snapshot, held.model if held else None)
    return _stored(ground, kind, named, reason)


def _fitted(snapshot: pa.Table, ground: Ground) -> SegmentModel:
    return segmentation.fit_segments(
        snapshot,
        ground.settings,
        as_of=ground.state.as_of,
        data_hash=ground.state.data_hash,
        past=read_snapshot_pair(ground.history, FORESIGHT_DAYS),
        progress=ground.progress,
    )


def rfm_of(snapshot: pa.Table, ground: Ground) -> Chosen:
    """Load the RFM scores, or learn their limits."""
    kind, preset = rfm_scores.KIND, ground.settings.rfm_preset
    reason, held = _standing(ground, kind, rfm_scores.from_artifact)
    if held and not reason:
        reason = rfm_fit.explain_refit(held.model, preset) or ""
    if held and not reason:
        return held
    state = ground.state
    fitted = rfm_fit.fit_rfm(snapshot, preset, as_of=state.as_of, data_hash=state.data_hash)
    return _stored(ground, kind, fitted, reason)


def _standing(
    ground: Ground, kind: str, made: Callable[[artifacts.Artifact], Any]
) -> tuple[str, Chosen | None]:
    """Load what scored until now, and say why it may not go on; a refit needs no sound one.

    What was learnt after the day of the run knows its future: it does not score, and stays current
    for the runs of later days.
    """
    folder = ground.workspace.models_folder
    try:
        model_id = registry.current(folder, kind)
        if model_id is None:
            return "there was no model yet", None
        held = Chosen(made(artifacts.load(folder, kind, model_id)), model_id, "")
    except ArtifactError:
        if ground.refit:
            return "a refit was asked for", None
        raise
    if ground.refit:
        return "a refit was asked for", held
    if held.model.card.as_of > ground.state.as_of:
        return f"the stored model was learnt later, on {held.model.card.as_of}", held
    return "", held


def _stored(ground: Ground, kind: str, model: SegmentModel | RfmModel, reason: str) -> Chosen:
    folder = ground.workspace.models_folder
    model_id = artifacts.save(folder, model.artifact())
    if ground.latest(kind):
        registry.promote(folder, kind, model_id)
    return Chosen(model, model_id, reason)

"""The models that score now, held in memory; a promotion is seen by the next request."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clientela.errors import ArtifactError, PlatformError
from clientela.features.live import ARROW_TYPES, LiveSnapshot
from clientela.scoring import artifacts, churn, registry, segments
from clientela.scoring.artifacts import Artifact
from clientela.scoring.card import Card, FeatureType
from clientela.scoring.churn import ChurnModel
from clientela.scoring.segments import SegmentModel
from clientela.serving.problems import NotFound
from clientela.store.features import FEATURE_COLUMNS

Pointer = tuple[int, int, int] | None
KINDS = (churn.KIND, segments.KIND)
CATALOGUE = {each.name: str(ARROW_TYPES[each.dtype]) for each in FEATURE_COLUMNS}
MADE: Mapping[str, Callable[[Artifact], ChurnModel | SegmentModel]] = {
    churn.KIND: churn.from_artifact,
    segments.KIND: segments.from_artifact,
}


@dataclass(frozen=True, eq=False)
class Champion:
    """A loaded model, and the snapshot that it reads of posted transactions.

    Parameters
    ----------
    model_id : str
        Its id in the registry.
    model : ChurnModel or SegmentModel
        What scores.
    features : tuple of FeatureType
        What it reads.
    live : LiveSnapshot
        Planned for those of them that the catalogue knows.
    """

    model_id: str
    model: ChurnModel | SegmentModel
    features: tuple[FeatureType, ...]
    live: LiveSnapshot

    @property
    def card(self) -> Card:
        """Where the model comes from."""
        return self.model.card


class Champions:
    """The champion of each kind.

    Parameters
    ----------
    folder : Path or None
        The models of a workspace; None where the server knows results alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, tuple[Pointer, Champion]] = {}
        self._places = {kind: str(folder / kind / registry.CURRENT) for kind in KINDS if folder}

    def held(self, kind: str) -> Champion | None:
        """Give the champion if it is in memory already: a look at the pointer's file.

        A promotion moves another file into its place, so that the pointer need not be read.
        """
        loaded = self._loaded.get(kind)
        return loaded[1] if loaded and loaded[0] == self._pointer(kind) else None

    def load(self, kind: str) -> Champion:
        """Give the champion, loading it where it is not in memory.

        Raises
        ------
        NotFound
            No model of the kind is stored, or the server knows no workspace.
        PlatformError
            The stored model is damaged, or reads what this version does not have.
        """
        with self._lock:
            found = self.held(kind)
            if found is None:
                folder, pointer = self._see(kind), self._pointer(kind)
                found = self._read(kind, folder)
                self._loaded[kind] = (pointer, found)
        return found

    def prepare(self) -> None:
        """Load what there is, so that the first request need not wait."""
        for kind in KINDS:
            if self._pointer(kind) is not None:
                self.load(kind)

    def _pointer(self, kind: str) -> Pointer:
        """Tell one state of the pointer from another; None where there is none."""
        try:
            found = os.stat(self._places[kind])
        except (OSError, KeyError):
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _see(self, kind: str) -> Path:
        if self._folder is None:
            raise NotFound(
                "this server knows no workspace, so it has no models",
                where=kind,
                do="start it with `clientela serve --workspace DIR`",
            )
        if self._pointer(kind) is None:
            raise NotFound(
                f"the workspace of this server holds no model of the kind '{kind}'",
                where=kind,
                do="`clientela run FILE` learns it where the data allow; see `clientela models`",
            )
        return self._folder

    def _read(self, kind: str, folder: Path) -> Champion:
        try:
            model_id = registry.current(folder, kind)
            if model_id is None:
                raise ArtifactError("its pointer is gone")
            model = MADE[kind](artifacts.load(folder, kind, model_id))
        except ArtifactError as error:
            raise _unusable(kind, error.what) from None
        features = _features_of(model)
        _see_features(kind, features)
        return Champion(model_id, model, features, LiveSnapshot({each.name for each in features}))


def _features_of(model: ChurnModel | SegmentModel) -> tuple[FeatureType, ...]:
    """Give what a model reads, in the order it reads it."""
    if isinstance(model, ChurnModel):
        return model.features
    return tuple(FeatureType(each.feature, each.dtype) for each in model.transforms)


def _see_features(kind: str, features: tuple[FeatureType, ...]) -> None:
    """Refuse a model that reads a feature in another type than this version gives it."""
    for each in features:
        known = CATALOGUE.get(each.name)
        if known is not None and known != each.dtype:
            raise _unusable(
                kind, f"it reads the feature '{each.name}' as {each.dtype}, which is {known} now"
            )
        if known is None and kind == segments.KIND:
            raise _unusable(kind, f"it reads the feature '{each.name}', which there is no more")


def _unusable(kind: str, why: str) -> PlatformError:
    return PlatformError(
        f"the stored model of the kind '{kind}' cannot be used: {why}",
        do="`clientela run --refit` learns it again",
    )

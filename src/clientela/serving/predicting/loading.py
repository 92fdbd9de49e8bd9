"""A stored model as it is loaded to predict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clientela.churn.score import model as churn
from clientela.churn.score.model import ChurnModel
from clientela.contract.features import FEATURE_COLUMNS
from clientela.errors import ArtifactError, PlatformError
from clientela.features.feature import ARROW_TYPES
from clientela.features.live import LiveSnapshot
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType
from clientela.segments.score import model as segments
from clientela.segments.score.model import SegmentModel

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
        Prepared for those of them that the catalogue knows.
    """

    model_id: str
    model: ChurnModel | SegmentModel
    features: tuple[FeatureType, ...]
    live: LiveSnapshot

    @property
    def card(self) -> Card:
        """Where the model comes from."""
        return self.model.card


def loaded(folder: Path, kind: str) -> Champion:
    """Load the champion of a kind.

    Raises
    ------
    PlatformError
        It is damaged, or reads what this version does not have.
    """
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

"""A stored model as it is loaded to predict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clientela.churn.score import model as churn
from clientela.churn.score.model import ChurnModel
from clientela.contract.features import FEATURES
from clientela.errors import ArtifactError, PlatformError
from clientela.features.live import LiveSnapshot
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType
from clientela.segments.score import model as segments
from clientela.segments.score.model import SegmentModel
from clientela.store.arrow_schemas import ARROW_TYPES

CATALOGUE = {column.name: str(ARROW_TYPES[column.dtype]) for column in FEATURES}
BUILDERS: Mapping[str, Callable[[Artifact], ChurnModel | SegmentModel]] = {
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


def load_champion(folder: Path, kind: str) -> Champion:
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
        model = BUILDERS[kind](artifacts.load(folder, kind, model_id))
    except ArtifactError as error:
        raise _refuse_model(kind, error.what) from None
    features = _get_features(model)
    _check_features(kind, features)
    return Champion(model_id, model, features, LiveSnapshot({feature.name for feature in features}))


def _get_features(model: ChurnModel | SegmentModel) -> tuple[FeatureType, ...]:
    """Return the features that a model reads, in their order."""
    if isinstance(model, ChurnModel):
        return model.features
    return tuple(FeatureType(step.feature, step.dtype) for step in model.transforms)


def _check_features(kind: str, features: tuple[FeatureType, ...]) -> None:
    """Raise if a model reads a feature in another type than this version gives it."""
    for feature in features:
        dtype = CATALOGUE.get(feature.name)
        if dtype is not None and dtype != feature.dtype:
            raise _refuse_model(
                kind,
                f"it reads the feature '{feature.name}' as {feature.dtype}, which is {dtype} now",
            )
        if dtype is None and kind == segments.KIND:
            raise _refuse_model(
                kind, f"it reads the feature '{feature.name}', which there is no more"
            )


def _refuse_model(kind: str, why: str) -> PlatformError:
    return PlatformError(
        f"the stored model of the kind '{kind}' cannot be used: {why}",
        do="`clientela run --refit` learns it again",
    )

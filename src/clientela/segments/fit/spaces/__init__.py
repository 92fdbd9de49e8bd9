"""The spaces in which customers are compared, by the names of the configuration."""

from collections.abc import Mapping

from clientela.segments.fit.spaces.embeddings import (
    LEAVES,
    fit_tsne_space,
    fit_umap_space,
    make_leaf_space,
)
from clientela.segments.fit.spaces.projections import (
    BEHAVIOUR_FEATURES,
    fit_component_space,
    fit_factor_space,
)
from clientela.segments.fit.spaces.scaling import (
    DEFAULT_FEATURES,
    LIMIT,
    REFERENCE_FEATURES,
    fit_log_space,
    fit_minmax_space,
    fit_rank_space,
)
from clientela.segments.fit.spaces.space import FitSpace, Space

__all__ = ["COMMON", "DEFAULT_FEATURES", "LIMIT", "SPACES", "Space"]

COMMON = "log"
"""The space in which all clusterings are measured, whichever they were found in."""

SPACES: Mapping[str, tuple[FitSpace, tuple[str, ...]]] = {
    COMMON: (fit_log_space, DEFAULT_FEATURES),
    "minmax": (fit_minmax_space, REFERENCE_FEATURES),
    "rank": (fit_rank_space, DEFAULT_FEATURES),
    "pca": (fit_component_space, BEHAVIOUR_FEATURES),
    "factors": (fit_factor_space, BEHAVIOUR_FEATURES),
    "umap": (fit_umap_space, DEFAULT_FEATURES),
    "tsne": (fit_tsne_space, DEFAULT_FEATURES),
    **{name: (make_leaf_space(find), REFERENCE_FEATURES) for name, find in LEAVES.items()},
}
"""How a space is fitted on named features of a snapshot, and its own features by default."""

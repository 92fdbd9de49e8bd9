"""The spaces in which customers are compared, by the names of the configuration."""

from collections.abc import Mapping

from clientela.segments.fit.spaces.projections import (
    BEHAVIOUR_FEATURES,
    fit_component_space,
    fit_leaf_space,
)
from clientela.segments.fit.spaces.scaling import (
    DEFAULT_FEATURES,
    LIMIT,
    REFERENCE_FEATURES,
    fit_log_space,
    fit_minmax_space,
    fit_rank_space,
)
from clientela.segments.fit.spaces.space import Space, SpaceKind

__all__ = ["COMMON", "DEFAULT_FEATURES", "LIMIT", "SPACES", "Space", "SpaceKind"]

COMMON = "log"
"""The space in which all divisions are measured, whichever they were found in."""

SPACES: Mapping[str, SpaceKind] = {
    COMMON: SpaceKind(fit_log_space, DEFAULT_FEATURES),
    "minmax": SpaceKind(fit_minmax_space, REFERENCE_FEATURES),
    "rank": SpaceKind(fit_rank_space, DEFAULT_FEATURES),
    "pca": SpaceKind(fit_component_space, BEHAVIOUR_FEATURES),
    "leaves": SpaceKind(fit_leaf_space, REFERENCE_FEATURES),
}

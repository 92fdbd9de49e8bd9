"""The spaces in which customers are compared, by the names of the configuration."""

from collections.abc import Mapping

from clientela.segments.fit.spaces.components import BEHAVIOUR_FEATURES, components
from clientela.segments.fit.spaces.forest import leaves
from clientela.segments.fit.spaces.logarithm import DEFAULT_FEATURES, LIMIT, log_standardised
from clientela.segments.fit.spaces.minmax import REFERENCE_FEATURES, minmax
from clientela.segments.fit.spaces.quantile_ranks import ranks
from clientela.segments.fit.spaces.space import Space, SpaceKind

__all__ = ["COMMON", "DEFAULT_FEATURES", "LIMIT", "SPACES", "Space", "SpaceKind"]

COMMON = "log"
"""The space in which all divisions are measured, whichever they were found in."""

SPACES: Mapping[str, SpaceKind] = {
    COMMON: SpaceKind(log_standardised, DEFAULT_FEATURES),
    "minmax": SpaceKind(minmax, REFERENCE_FEATURES),
    "rank": SpaceKind(ranks, DEFAULT_FEATURES),
    "pca": SpaceKind(components, BEHAVIOUR_FEATURES),
    "leaves": SpaceKind(leaves, REFERENCE_FEATURES),
}

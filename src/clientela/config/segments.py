"""How the segments are fitted."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clientela.config.section import Section, Share

SpaceName = Literal[
    "log",
    "minmax",
    "rank",
    "pca",
    "factors",
    "umap",
    "tsne",
    "leaves",
    "extra_leaves",
    "boosted_leaves",
]
RfmFeature = Literal["days_since_last", "orders", "revenue"]
PresetName = Literal["putler10", "shopify11", "klaviyo6"]
AlgorithmName = Literal["kmeans", "gaussian_mixture", "ward", "dbscan", "hdbscan"]


class Segments(Section, frozen=True):
    """How the segments are fitted."""

    features: Annotated[
        tuple[str, ...],
        Meta(description="Features of the common space; the documented default if empty"),
    ] = ()
    spaces: Annotated[
        tuple[SpaceName, ...],
        Meta(
            min_length=1,
            description="Spaces tried, in this order; umap and leaves need the extra umap",
        ),
    ] = ("log", "minmax", "rank", "pca")
    algorithms: Annotated[
        tuple[AlgorithmName, ...],
        Meta(min_length=1, description="Algorithms tried, in this order"),
    ] = ("kmeans", "gaussian_mixture", "ward", "dbscan", "hdbscan")
    budget: Annotated[
        int, Meta(ge=1, description="Most candidates fitted; those left untried are listed")
    ] = 24
    force: Annotated[
        str | None,
        Meta(description="A candidate to take whatever the rule says, such as minmax/kmeans/k=3"),
    ] = None
    picture: Annotated[
        Literal["pca", "tsne"], Meta(description="How the map of customers is drawn")
    ] = "tsne"
    k_min: Annotated[int, Meta(ge=2, description="Fewest segments tried")] = 4
    k_max: Annotated[int, Meta(ge=2, description="Most segments tried")] = 8
    bootstraps: Annotated[int, Meta(ge=0, description="Refits on resampled customers per k")] = 20
    min_share: Annotated[Share, Meta(description="Smallest allowed share of customers")] = 0.01
    max_share: Annotated[Share, Meta(description="Largest allowed share of customers")] = 0.60
    sample_rows: Annotated[
        int, Meta(ge=100, description="Customers sampled for silhouettes and fits beyond this many")
    ] = 20_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42
    drop_outliers: Annotated[
        bool,
        Meta(description="Fit without outliers, who are assigned afterwards; the effect is stated"),
    ] = False
    rfm_preset: Annotated[PresetName, Meta(description="Named RFM map of rfm_segment")] = "putler10"
    rfm_cuts: Annotated[
        dict[RfmFeature, Annotated[tuple[float, ...], Meta(min_length=1)]],
        Meta(
            description="Your own limits of the scores in place of quantiles, rising: most days of "
            "the scores from the best down; least orders and revenue of the scores from 2 up"
        ),
    ] = field(default_factory=dict)
    rfm_levels: Annotated[
        Annotated[int, Meta(ge=2, le=10)] | None,
        Meta(description="Finer scores from 1 to this beside those of the preset, such as 10"),
    ] = None

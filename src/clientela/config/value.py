"""What customers will bring."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section

ValueName = Literal["btyd", "two_stage", "tweedie"]
Season = Literal["none", "usual", "strong"]


class Value(Section, frozen=True):
    """What customers will bring: the horizon, the models compared, the intervals."""

    horizon_days: Annotated[
        int, Meta(ge=7, description="Days ahead of expected orders and revenue")
    ] = 90
    season: Annotated[
        Season,
        Meta(
            description="The year of the shop's sales, until its own months tell: none is even,"
            " usual peaks before Christmas as most shops do, strong peaks more"
        ),
    ] = "usual"
    clv_days: Annotated[
        int, Meta(ge=30, description="Days ahead of the customer lifetime value")
    ] = 365
    discount_rate: Annotated[
        Annotated[float, Meta(ge=0.0, le=5.0)],
        Meta(description="Yearly rate that discounts later money in the lifetime value"),
    ] = 0.10
    level: Annotated[
        Annotated[float, Meta(gt=0.0, lt=1.0)], Meta(description="Level of every interval")
    ] = 0.80
    models: Annotated[
        tuple[ValueName, ...], Meta(description="Models compared beside the naive baselines")
    ] = ("btyd", "two_stage", "tweedie")
    trials: Annotated[
        int, Meta(ge=0, description="Settings of the boosted models tried on earlier snapshots")
    ] = 6
    max_dates: Annotated[
        int, Meta(ge=3, description="Most past snapshots learnt from and judged on")
    ] = 24
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 1_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42

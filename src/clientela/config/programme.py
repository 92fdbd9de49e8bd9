"""The loyalty programme."""

from typing import Annotated, Literal

from msgspec import Meta, field

from clientela.config.section import Section

Size = Annotated[float, Meta(gt=0.0, le=1.0)]


class Programme(Section, frozen=True):
    """The loyalty programme: how large, judged over which days, entered and left how."""

    name: Annotated[str, Meta(min_length=1, description="What the firm calls it")] = "Insiders"
    budget_share: Annotated[
        Annotated[float, Meta(gt=0.0, le=0.5)],
        Meta(description="Largest share of customers that may be members"),
    ] = 0.10
    max_conditions: Annotated[
        int, Meta(ge=1, le=3, description="Most conditions of the entry rule")
    ] = 3
    horizon_days: Annotated[
        int, Meta(ge=7, description="Days after a date over which its choice is judged")
    ] = 90
    grace_days: Annotated[
        int, Meta(ge=0, description="Days a member who no longer qualifies stays")
    ] = 30
    review_every: Annotated[
        Literal["week", "month", "quarter"],
        Meta(description="How often members are reviewed once the programme is launched"),
    ] = "month"
    review_day: Annotated[
        int, Meta(ge=1, le=28, description="Day of the month of a review; weekly ones are Mondays")
    ] = 1
    sizes: Annotated[
        Annotated[tuple[Size, ...], Meta(max_length=10)],
        Meta(description="Shares of customers for which the business case is shown"),
    ] = (0.05, 0.10, 0.15, 0.20)
    tiers: Annotated[
        dict[str, Annotated[float, Meta(gt=0.0, le=1e12)]],
        Meta(
            description="Tier = share of customers, the best by revenue of 12 months, it reaches "
            "down to, or above 1 the revenue of 12 months that it asks; the widest takes all other "
            "members"
        ),
    ] = field(default_factory=dict)
    hypotheses: Annotated[str | None, Meta(description="A hypotheses.toml; ours if absent")] = None
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 2_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42

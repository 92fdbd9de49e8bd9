"""The loyalty programme."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section


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
    hypotheses: Annotated[str | None, Meta(description="A hypotheses.toml; ours if absent")] = None
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 2_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42

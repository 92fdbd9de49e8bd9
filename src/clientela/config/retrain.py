"""When a stored churn model is learnt again, and what takes its place."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section

Cause = Literal["schedule", "drift", "decay", "data"]


class Retrain(Section, frozen=True):
    """What replaces the churn model of customers who leave without a word."""

    by: Annotated[
        Literal["age", "evidence"],
        Meta(
            description="age: each run learns it again after 30 days; evidence: it stays until "
            "clientela retrain finds one that wins on later dates, or its own limits broken"
        ),
    ] = "age"
    causes: Annotated[
        tuple[Cause, ...],
        Meta(
            description="Why a challenger is learnt: schedule (every_days), drift and decay (what "
            "the published run's checks alarm of), data (growth)"
        ),
    ] = ("schedule", "drift", "decay", "data")
    every_days: Annotated[
        int, Meta(ge=1, description="Days from one challenger to the next by schedule")
    ] = 30
    growth: Annotated[
        float, Meta(gt=0.0, description="More customers than learnt from that are new data")
    ] = 0.2

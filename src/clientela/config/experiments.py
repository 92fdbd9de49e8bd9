"""Whom campaigns address: the global control group kept out of all, and audiences declared."""

from typing import Annotated

from msgspec import Meta

from clientela.config.section import Section


class Experiments(Section, frozen=True):
    """Who is held out of every campaign, so that all of them together can be measured."""

    control_share: Annotated[
        float,
        Meta(
            ge=0.0,
            le=0.5,
            description="Share of customers in no list, no action and no experiment; members stay",
        ),
    ] = 0.0
    seed: Annotated[
        int, Meta(ge=0, description="Seed of the draw; another one draws other customers")
    ] = 0


class Audiences(Section, frozen=True):
    """Customers to address again and again, declared beside those that people save."""

    file: Annotated[
        str | None,
        Meta(description="An audiences.toml: `[ID]` with name, filter, channel and frozen"),
    ] = None

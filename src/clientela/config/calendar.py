"""Events of commerce that the firm's sales move with."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section


class Calendar(Section, frozen=True):
    """Events marked in charts: a country's, and the firm's own promotions."""

    country: Annotated[
        Literal["BR", "GB", "none"] | None,
        Meta(description="Whose calendar of commerce; guessed from zone and currency if absent"),
    ] = None
    file: Annotated[
        str | None,
        Meta(description="An events.toml with the firm's own promotions, in `[[event]]`"),
    ] = None

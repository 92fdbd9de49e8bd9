"""Where to send word of who entered and left a segment, an audience or the programme."""

from typing import Annotated

from msgspec import Meta

from clientela.config.section import Section


class Webhook(Section, frozen=True):
    """An address that is told after each run who entered and left; needs the extra webhooks."""

    name: Annotated[
        str, Meta(pattern="^[a-z][a-z0-9_-]{0,39}$", description="What the list of deliveries says")
    ]
    url: Annotated[
        str, Meta(description="https://…; http:// only where `private` is true, and no password")
    ]
    events: Annotated[
        tuple[
            Annotated[str, Meta(pattern="^(programme|segments(/[0-9]+)?|audiences(/.+)?)$")], ...
        ],
        Meta(
            min_length=1,
            description="`programme`, `segments`, `audiences`, or one as `segments/2`, "
            "`audiences/ID`",
        ),
    ]
    secret: Annotated[
        str,
        Meta(
            pattern="^[A-Z][A-Z0-9_]*$",
            description="Environment variable with the signing secret (`whsec_…`), or with "
            "`_FILE` after its name that of a file with mode 0600",
        ),
    ]
    private: Annotated[
        bool,
        Meta(description="Whether it may lead to a private, loopback or link-local address"),
    ] = False

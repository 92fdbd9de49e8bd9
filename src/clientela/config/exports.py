"""Which lists a run writes once it is published, and whom it tells who came and went."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section
from clientela.contract.destinations import ContactForm

ListName = Literal[
    "insiders", "candidates", "at-risk", "segment", "action", "propensity", "audience"
]
CHANGING: tuple[ListName, ...] = ("audience", "segment", "insiders")
"""Lists of which two runs are compared."""


class ListExport(Section, frozen=True):
    """A list of customers that each run writes anew, into a folder or to S3."""

    list: Annotated[ListName, Meta(description="As `clientela export` names it")]
    to: Annotated[
        str,
        Meta(
            pattern=r"\.(csv|xlsx|parquet)$",
            description="A .csv, .xlsx or .parquet file, or s3://…; `{as_of}` stands for the day "
            "of the run, else the list of the run before is replaced",
        ),
    ]
    part: Annotated[
        int | str | None,
        Meta(
            description="Number of the segment, id of the action or the audience, or what "
            "`propensity` is of: `insider`, `category:NAME`"
        ),
    ] = None
    lang: Annotated[
        Literal["en", "pt_BR"] | None,
        Meta(description="Whose spreadsheet is to read it; that of the run if absent"),
    ] = None
    contacts: Annotated[
        ContactForm | None,
        Meta(
            description="Contact data to add, or alone as another place takes them: hashed for an "
            "ad platform, in the columns of a mailing tool; none if absent"
        ),
    ] = None
    changes: Annotated[
        bool,
        Meta(
            description="Write who entered and who left since the last time alone, each into a "
            "file of its own: `{change}` in `to` stands for `entered` and `left`; of an audience, "
            "a segment or the insiders"
        ),
    ] = False


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

"""Which lists a run writes once it is published, and where to."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section

ListName = Literal["insiders", "candidates", "at-risk", "segment", "action", "propensity"]


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
            description="Number of the segment, id of the action, or what `propensity` is of: "
            "`insider`, `category:NAME`"
        ),
    ] = None
    lang: Annotated[
        Literal["en", "pt_BR"] | None,
        Meta(description="Whose spreadsheet is to read it; that of the run if absent"),
    ] = None
    contacts: Annotated[
        Literal["plain", "google", "meta"] | None,
        Meta(
            description="Contact data to add, or hashed for an ad platform and alone; none if "
            "absent"
        ),
    ] = None

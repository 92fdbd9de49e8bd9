"""The operations of the API as data: what each takes, answers, needs and may refuse."""

from collections.abc import Mapping
from dataclasses import dataclass

from clientela.i18n import LANGS
from clientela.serving import examples
from clientela.serving.answer import XLSX
from clientela.serving.gate import EXPORT, READ
from clientela.serving.risk import AtRiskPage
from clientela.serving.schemas import (
    CustomerAnswer,
    CustomerPage,
    Health,
    Lookup,
    LookupAnswer,
    MemberPage,
    ProgrammeAnswer,
    Ready,
    ReportAnswer,
    RunAnswer,
    SegmentsAnswer,
)

Json = Mapping[str, object]
CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    path: str
    name: str
    summary: str
    description: str
    answer: type
    example: Json
    tag: str
    method: str = "get"
    scope: str | None = READ
    parameters: tuple[Json, ...] = ()
    body: tuple[type, Json] | None = None
    refusals: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def _query(name: str, description: str, schema: Json, **more: object) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


LANG = _query(
    "lang",
    "Language of names; else Accept-Language decides",
    {"type": "string", "enum": list(LANGS)},
)
ID = _query(
    "id",
    "Customer id, once for each: ?id=17850&id=13047",
    {"type": "array", "items": {"type": "string"}, "minItems": 1},
    required=True,
    example=["17850", "13047"],
)
CUSTOMER_ID = {
    "name": "customer_id",
    "in": "path",
    "required": True,
    "description": "In any form: 17850 or 17850.0",
    "schema": {"type": "string", "minLength": 1},
    "example": "17850",
}
SEGMENT = _query(
    "segment",
    "Only customers of this segment",
    {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    example=2,
)
LIMIT = _query(
    "limit",
    "Most customers in the page",
    {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
)
CURSOR = _query("cursor", "next_cursor of the page before, as it came", {"type": "string"})
FORMAT = _query(
    "format",
    "csv gives all customers at once; else Accept decides",
    {"type": "string", "enum": ["json", "csv"]},
)
LIST_FORMAT = _query(
    "format",
    "csv and xlsx give the whole list at once; else Accept decides",
    {"type": "string", "enum": ["json", "csv", "xlsx"]},
)
STATUS = _query(
    "status",
    "member: in and safe; leaving: no longer qualifies; candidate: misses little. "
    "Without it all who are in, leaving or not",
    {"type": "string", "enum": ["member", "leaving", "candidate"]},
    example="candidate",
)
SEGMENT_ID = {
    "name": "segment",
    "in": "path",
    "required": True,
    "description": "Number of the segment",
    "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
    "example": 2,
}

OPERATIONS = (
    Operation(
        path="/v1/segments/lookup",
        tag="Look-up",
        name="lookupSegments",
        method="post",
        summary="Look up many customers",
        description="Segments and scores in the order asked. Ids may be text or numbers.",
        parameters=(LANG,),
        body=(Lookup, examples.LOOKUP),
        answer=LookupAnswer,
        example=examples.LOOKUP_ANSWER,
        refusals=(400, 413, 415),
    ),
    Operation(
        path="/v1/segments/lookup",
        tag="Look-up",
        name="lookupSegmentsByQuery",
        summary="Look up a few customers",
        description="As the POST, for a few ids: a URL holds about 60,000 characters.",
        parameters=(ID, LANG),
        answer=LookupAnswer,
        example=examples.LOOKUP_ANSWER,
        refusals=(400,),
    ),
    Operation(
        path="/v1/customers/{customer_id}",
        tag="Customers",
        name="getCustomer",
        summary="Read one customer",
        description="Segment, scores and every feature. An id with a slash: use the look-up.",
        parameters=(CUSTOMER_ID, LANG),
        answer=CustomerAnswer,
        example=examples.CUSTOMER_ANSWER,
        refusals=(400, 404),
    ),
    Operation(
        path="/v1/customers",
        tag="Customers",
        name="listCustomers",
        scope=EXPORT,
        summary="Page through customers, or export them",
        description=(
            "Customers ordered by id. All pages of a cursor belong to the run of the first, "
            "whatever is published meanwhile. As CSV the whole segment comes at once."
        ),
        parameters=(SEGMENT, LIMIT, CURSOR, FORMAT, LANG),
        answer=CustomerPage,
        example=examples.CUSTOMER_PAGE,
        refusals=(400, 404, 410),
        headers=("link",),
        files=(CSV,),
    ),
    Operation(
        path="/v1/segments",
        tag="Segments",
        name="listSegments",
        summary="Read the segments",
        description="Name, size, revenue and profile of each segment of the published run.",
        parameters=(LANG,),
        answer=SegmentsAnswer,
        example=examples.SEGMENTS_ANSWER,
        refusals=(400, 304),
        headers=("etag",),
    ),
    Operation(
        path="/v1/segments/{segment}/customers",
        tag="Segments",
        name="listSegmentCustomers",
        scope=EXPORT,
        summary="Page through a segment's customers, or take the list away",
        description=(
            "As JSON the same as listCustomers. As CSV or xlsx a list for people: id, key figures "
            "and place in the programme, with headings in the language asked for."
        ),
        parameters=(SEGMENT_ID, LIMIT, CURSOR, LIST_FORMAT, LANG),
        answer=CustomerPage,
        example=examples.CUSTOMER_PAGE,
        refusals=(400, 404, 410),
        headers=("link",),
        files=(CSV, XLSX),
    ),
    Operation(
        path="/v1/programme",
        tag="Programme",
        name="getProgramme",
        summary="Read the loyalty programme",
        description="Name, conditions to enter and to leave, how many are in.",
        parameters=(LANG,),
        answer=ProgrammeAnswer,
        example=examples.PROGRAMME_ANSWER,
        refusals=(400, 404, 304),
        headers=("etag",),
    ),
    Operation(
        path="/v1/programme/members",
        tag="Programme",
        name="listProgrammeMembers",
        scope=EXPORT,
        summary="Page through members and candidates, or take the list away",
        description=(
            "Each with the reason, or with what is missing and until when. Ordered by id; all "
            "pages of a cursor belong to the run of the first."
        ),
        parameters=(STATUS, LIMIT, CURSOR, LIST_FORMAT, LANG),
        answer=MemberPage,
        example=examples.MEMBER_PAGE,
        refusals=(400, 404, 410),
        headers=("link",),
        files=(CSV, XLSX),
    ),
    Operation(
        path="/v1/churn/at-risk",
        tag="Churn",
        name="listCustomersAtRisk",
        scope=EXPORT,
        summary="Page through the customers at risk worth contacting, or take the list away",
        description="Each with probability, reasons and money at stake. Ordered by id.",
        parameters=(LIMIT, CURSOR, LIST_FORMAT, LANG),
        answer=AtRiskPage,
        example=examples.AT_RISK_PAGE,
        refusals=(400, 404, 410),
        headers=("link",),
        files=(CSV, XLSX),
    ),
    Operation(
        path="/v1/report",
        tag="Report",
        name="getReport",
        summary="Read the report's answers",
        description=(
            "Each question of the business with its answer, number, pictures and caveat; the "
            "page / shows the same."
        ),
        parameters=(LANG,),
        answer=ReportAnswer,
        example=examples.REPORT_ANSWER,
        refusals=(400, 404, 304),
        headers=("etag",),
    ),
    Operation(
        path="/v1/runs/current",
        tag="Runs",
        name="getCurrentRun",
        summary="Read the published run",
        description="Which data every answer comes from, and how many rows went where.",
        answer=RunAnswer,
        example=examples.RUN_ANSWER,
        refusals=(304,),
        headers=("etag",),
    ),
    Operation(
        path="/health",
        tag="Health",
        name="health",
        scope=None,
        summary="Is the process alive?",
        description="Asks nothing of the database.",
        answer=Health,
        example=examples.HEALTH,
    ),
    Operation(
        path="/ready",
        tag="Health",
        name="ready",
        scope=None,
        summary="Can it answer?",
        description="503 where the database is out of reach or nothing is published.",
        answer=Ready,
        example=examples.READY,
        refusals=(503,),
    ),
)

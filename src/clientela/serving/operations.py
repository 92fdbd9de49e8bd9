"""The operations of the API as data: what each takes, answers, needs and may refuse."""

from clientela.serving import examples
from clientela.serving.auth import EXPORT
from clientela.serving.operation import (
    CSV,
    CURSOR,
    CUSTOMER_ID,
    FORMAT,
    ID,
    LANG,
    LIMIT,
    LIST_FORMAT,
    SEGMENT,
    SEGMENT_ID,
    STATUS,
    Operation,
)
from clientela.serving.prediction_operations import PREDICTIONS
from clientela.serving.response import XLSX
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
    *PREDICTIONS,
    Operation(
        path="/v1/customers/{customer_id}",
        tag="Customers",
        name="getCustomer",
        summary="Read one customer",
        description="Segment, scores and every feature.",
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
        description=(
            "Each with probability, reasons and money at stake. Those of the largest expected loss "
            "come first, of equal ones by id."
        ),
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

"""What requests and answers hold, by name and type; the OpenAPI document is made from these."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from clientela.report.answer import Answer

Insider = Annotated[
    str | None, Meta(description="In the programme: member, leaving or candidate; else null")
]
CustomerId = Annotated[
    str | int | float,
    Meta(description="As you write it: 17850, '17850' and 17850.0 are one customer"),
]


class Lookup(msgspec.Struct, forbid_unknown_fields=True):
    """The customers to look up."""

    ids: Annotated[list[CustomerId], Meta(min_length=1, description="Customer ids, in any form")]


class Found(msgspec.Struct, gc=False):
    """One customer of a look-up."""

    id: Annotated[str | int | float, Meta(description="The id as asked")]
    segment: Annotated[int | None, Meta(description="Number of the segment; null if unknown")]
    segment_name: str | None
    segment_confidence: Annotated[
        float | None, Meta(description="How clearly the customer belongs, from 0 to 1")
    ]
    rfm_segment: Annotated[str | None, Meta(description="Name on the RFM map")]
    r_score: Annotated[int | None, Meta(description="Recency score; 5 is most recent")]
    f_score: Annotated[int | None, Meta(description="Frequency score")]
    m_score: Annotated[int | None, Meta(description="Money score")]
    insider: Insider
    reason: Annotated[
        str | None,
        Meta(description="Why there is no segment: unknown or no_purchases"),
    ]


class LookupAnswer(msgspec.Struct):
    """Segments in the order asked."""

    run_id: Annotated[str, Meta(description="The published run that answered")]
    as_of: Annotated[dt.date, Meta(description="The day that run knows, inclusive")]
    results: list[Found]
    unknown: Annotated[
        list[str | int | float], Meta(description="The ids asked that appear in no transaction")
    ]


class Customer(msgspec.Struct):
    """One customer with everything the run knows."""

    customer_id: str
    segment: int | None
    segment_name: str | None
    segment_confidence: float | None
    rfm_segment: str | None
    r_score: int | None
    f_score: int | None
    m_score: int | None
    insider: Insider
    insider_since: dt.date | None
    churn_probability: Annotated[
        float | None, Meta(description="Of leaving; null where it is not foretold")
    ]
    churn_band: Annotated[str | None, Meta(description="low, medium, high or gone")]
    churn_reasons: Annotated[
        str | None, Meta(description="The weightiest, in words, in the language asked for")
    ]
    p_alive: Annotated[float | None, Meta(description="Probability of buying ever again")]
    expected_orders: Annotated[float | None, Meta(description="Within the value horizon")]
    expected_orders_low: float | None
    expected_orders_high: float | None
    expected_revenue: Annotated[
        float | None, Meta(description="Within the value horizon, on average; may be added up")
    ]
    expected_revenue_low: float | None
    expected_revenue_high: float | None
    likely_revenue: Annotated[
        float | None, Meta(description="As likely exceeded as missed; may not be added up")
    ]
    clv: Annotated[float | None, Meta(description="Customer lifetime value, discounted to as_of")]
    next_order: Annotated[dt.date | None, Meta(description="As likely before as after")]
    next_order_low: Annotated[
        dt.date | None, Meta(description="The window to next_order_high holds it with 80 %")
    ]
    next_order_high: dt.date | None
    features: Annotated[
        dict[str, str | int | float | None],
        Meta(description="Behaviour up to as_of, by name; money is in currency"),
    ]
    attributes: Annotated[
        dict[str, str | int | float | bool | None],
        Meta(description="Further columns of the customers file"),
    ]


class CustomerAnswer(msgspec.Struct):
    """One customer."""

    run_id: str
    as_of: dt.date
    currency: str | None
    customer: Customer


class CustomerPage(msgspec.Struct):
    """Some customers, ordered by id, and where the next ones begin."""

    run_id: str
    as_of: dt.date
    currency: str | None
    customers: list[Customer]
    next_cursor: Annotated[
        str | None, Meta(description="Pass as cursor for the next page; null on the last")
    ]


class Segment(msgspec.Struct):
    """One segment of the published run."""

    segment: int
    name: str
    description: str
    customers: int
    customers_share: float | None
    revenue: Annotated[float, Meta(description="Net revenue of its customers, in currency")]
    revenue_share: float | None
    profile: Annotated[
        dict[str, dict[str, float | None]],
        Meta(description="Feature to its median, its mean and its index: 100 is the mean of all"),
    ]


class SegmentsAnswer(msgspec.Struct):
    """All segments of the published run."""

    run_id: str
    as_of: dt.date
    currency: str | None
    segments: list[Segment]


class Rule(msgspec.Struct):
    """A condition to enter the programme or to leave it."""

    feature: str | None
    operator: Annotated[str | None, Meta(description=">= for at least, <= for at most")]
    value: float | None
    unit: str | None
    grace_days: Annotated[
        int | None, Meta(description="Days a member may miss it before leaving; null for entry")
    ]
    sentence: str | None


class ProgrammeAnswer(msgspec.Struct):
    """The loyalty programme of the published run."""

    run_id: str
    as_of: dt.date
    currency: str | None
    name: Annotated[str, Meta(description="What the firm calls it")]
    policy: Annotated[str | None, Meta(description="How members are chosen")]
    policy_reason: str | None
    members: Annotated[int, Meta(description="Customers who are in, those leaving included")]
    leaving: Annotated[int, Meta(description="Those of them who no longer qualify")]
    candidates: Annotated[int, Meta(description="Customers who miss little")]
    members_share: Annotated[float | None, Meta(description="Members over all customers")]
    revenue_share: Annotated[float | None, Meta(description="Their share of net revenue")]
    entry: Annotated[list[Rule], Meta(description="All of these let a customer in")]
    exit: Annotated[list[Rule], Meta(description="Who misses these, leaves")]


class Member(msgspec.Struct):
    """A customer of the programme, or one who misses little."""

    customer_id: str
    status: Annotated[str, Meta(description="member, leaving or candidate")]
    since: dt.date | None
    leaves_on: dt.date | None
    segment: int | None
    segment_name: str | None
    revenue_365d: float | None
    orders_365d: int | None
    days_since_last: int | None
    expected_revenue: float | None
    reason: Annotated[str | None, Meta(description="Why in; for a candidate, what is missing")]
    missing: Annotated[
        dict[str, float | None] | None, Meta(description="Feature to the amount missed")
    ]
    deadline: dt.date | None


class MemberPage(msgspec.Struct):
    """Some customers of the programme, ordered by id, and where the next ones begin."""

    run_id: str
    as_of: dt.date
    currency: str | None
    members: list[Member]
    next_cursor: Annotated[
        str | None, Meta(description="Pass as cursor for the next page; null on the last")
    ]


class ReportAnswer(msgspec.Struct):
    """The report's answers of the published run, in one language."""

    run_id: str
    as_of: dt.date
    lang: str
    answers: Annotated[
        list[Answer],
        Meta(description="In order: question, headline, value, charts, tables and caveat of each"),
    ]


class RunAnswer(msgspec.Struct):
    """The published run: when it ran, on which data, what came out."""

    run_id: str
    as_of: dt.date
    started_at: dt.datetime
    finished_at: dt.datetime
    version: str
    engine: str
    currency: str | None
    timezone: str
    data_hash: str
    config_hash: str
    model_id: str | None
    rows_in: int
    rows_canonical: int
    rows_quarantined: int
    rows_already_held: int
    customers: int
    net_amount: float
    unidentified_share: float | None
    seconds: Annotated[dict[str, float], Meta(description="Seconds each stage took")]


class Health(msgspec.Struct):
    """The process is alive."""

    status: str
    version: str


class Ready(msgspec.Struct):
    """The results can be read, and a run is published."""

    status: str
    run_id: str
    as_of: dt.date

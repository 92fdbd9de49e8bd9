"""Cohorts: customers who began alike, how many of them come back, and what they spend in all."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, cast, get_args

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, list_of
from clientela.serving.small_groups import hides_small, is_small, keep_large
from clientela.store.filters import (
    MONTHS_LATER,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    write_filter,
)
from clientela.store.read import Reader, Row

CohortKind = Literal["month", "quarter", "product", "channel", "country"]
KINDS: tuple[CohortKind, ...] = get_args(CohortKind)
DATED = KINDS[:2]
OTHERS = ""
"""The cohort of those whose product, channel or country is rarer, or unknown."""
MONTHS_A_QUARTER = 3  # as calendars have it
MONTHS = {"month": 1, "quarter": MONTHS_A_QUARTER}  # as calendars have it
FIRST_ORDER = "first_order_date"
COLUMNS = {"product": "first_product", "channel": "first_channel", "country": "country"}
"""The columns of customers that tell who belongs to a cohort, by its kind."""
FilterText = Annotated[
    str | None, Meta(description="The filter of these customers, for who may see them in lists")
]

CohortAge = define_schema(
    "CohortAge",
    "A cohort so many months after the one of the first order.",
    {
        "age_months": int,
        "customers": Annotated[int, Meta(description="Those of whom the month is known")],
        "active": Annotated[int | None, Meta(description="Those of them who ordered in it")],
        "active_share": float | None,
        "revenue": Annotated[float | None, Meta(description="Their net revenue in the month")],
        "revenue_per_customer": Annotated[
            float | None, Meta(description="What a customer spent on average, up to its end")
        ],
        "filter": Annotated[FilterText, Meta(description="Of those who ordered in it")],
    },
)
Cohort = define_schema(
    "Cohort",
    "Customers who began alike.",
    {
        "cohort": Annotated[
            str, Meta(description="First day of month or quarter, or an id; empty: all others")
        ],
        "name": Annotated[str | None, Meta(description="Of a family of products")],
        "customers": int,
        "filter": FilterText,
        "ages": list_of(CohortAge),
    },
)
CohortsAnswer = define_schema(
    "CohortsAnswer",
    "Customers by how they began, followed from month to month.",
    {
        "kind": CohortKind,
        "kinds": Annotated[
            list[CohortKind], Meta(description="What the data let customers be followed by")
        ],
        "cohorts": list_of(Cohort),
        "new_since": Annotated[
            dt.date | None, Meta(description="The first month whose customers are new ones")
        ],
        "new_customers": Annotated[
            list[CohortAge],  # type: ignore[valid-type]
            Meta(description="All cohorts but the first month's, over months that are over"),
        ],
    },
    MoneyStamp,
)
KindQuery = Annotated[
    CohortKind,
    QueryParameter(
        description="By month or quarter of the first order, by its main product or channel, or "
        "by country"
    ),
]


@read(
    "/v1/value/cohorts",
    right="aggregates",
    tag="Report",
    summary="Read who comes back, by how they began",
    responses=answers(CohortsAnswer, 400),
)
async def list_cohorts(request: AnyRequest, cohort: KindQuery = "month") -> RawJsonResponse:
    """Return cohorts of customers with the share that ordered again and what one spent in all.

    Those by product, channel and country leave the data's first month out, most of whose customers
    are no new ones, and count a month once it is over.
    """
    results = get_results(request)
    run = await results.read_run()
    content = await results.ask(lambda reader: read_cohorts(request, reader, cohort))
    stamp = {"run_id": run.run_id, "as_of": run.as_of, "currency": run.currency}
    return RawJsonResponse(msgspec.convert({**stamp, "kind": cohort, **content}, CohortsAnswer))


def read_cohorts(request: AnyRequest, reader: Reader, kind: CohortKind) -> Row:
    """Read the cohorts of a kind, as ``CohortsAnswer`` has them.

    By day, the earliest first; by size else, with the others last. Who may not see small groups
    gets no numbers of a month in which fewer ordered.
    """
    reading = reader.table("cohorts")
    months = [_date_cell(row) for row in reading.content]
    groups = reader.table("cohort_groups").content
    present = {*DATED, *(row["kind"] for row in groups)} if months else set()
    if kind in DATED:
        cohorts = _follow(months if kind == "month" else _sum_quarters(months))
    else:
        cohorts = _follow([row for row in groups if row["kind"] == kind])
        cohorts.sort(key=lambda row: (row["cohort"] == OTHERS, -cast(int, row["customers"])))
    new_customers = list(_add_up(_sum_new(months, reading.run.as_of)))
    kinds = [name for name in KINDS if name in present]
    first = min((cast(dt.date, row["first"]) for row in months), default=None)
    new_since = first and add_months(first, 1)
    if new_since:
        names = [str(row["cohort"]) for row in cohorts]
        wholes = [_select_cohort(kind, name, names, new_since) for name in names]
        is_over = kind not in DATED
        cohorts = [
            _add_filters(row, whole, reading.run.as_of if is_over else None)
            for row, whole in zip(cohorts, wholes, strict=True)
        ]
        everyone = Condition(FIRST_ORDER, ">=", str(new_since))
        new_customers = _filter_ages(new_customers, everyone, reading.run.as_of)
    if hides_small(request):
        large = keep_large(request, cohorts)
        cohorts = [{**row, "filter": None, "ages": _hide(row["ages"])} for row in large]
        new_customers = _hide(new_customers)
    return {
        "kinds": kinds,
        "cohorts": cohorts,
        "new_since": new_since,
        "new_customers": new_customers,
    }


def _date_cell(row: Row) -> Row:
    """Return a row of ``cohorts`` as those of ``cohort_groups`` are."""
    cohort, month = cast(dt.date, row["cohort"]), cast(dt.date, row["month"])
    age = (month.year - cohort.year) * 12 + month.month - cohort.month
    return {**row, "cohort": cohort.isoformat(), "first": cohort, "name": None, "age_months": age}


def find_quarter(month: dt.date) -> dt.date:
    """Return the first day of a month's quarter.

    Examples
    --------
    >>> find_quarter(dt.date(2011, 12, 1))
    datetime.date(2011, 10, 1)
    """
    return month.replace(month=month.month - (month.month - 1) % MONTHS_A_QUARTER, day=1)


def add_months(first: dt.date, count: int) -> dt.date:
    """Return the first day of the month so many months later.

    Examples
    --------
    >>> add_months(dt.date(2011, 12, 1), 1)
    datetime.date(2012, 1, 1)
    """
    number = first.year * 12 + first.month - 1 + count
    return dt.date(number // 12, number % 12 + 1, 1)


def _select_cohort(
    kind: CohortKind, cohort: str, cohorts: Sequence[str], new_since: dt.date
) -> Filter:
    """Return the filter of a cohort's customers: of the others, by all the cohorts of the kind.

    Examples
    --------
    >>> since = dt.date(2011, 2, 1)
    >>> write_filter(_select_cohort("quarter", "2011-10-01", [], since))
    "first_order_date >= '2011-10-01' and first_order_date < '2012-01-01'"
    >>> write_filter(_select_cohort("country", "", ["BR", ""], since))
    "not country in ('BR') and first_order_date >= '2011-02-01'"
    """
    if kind in DATED:
        following = add_months(dt.date.fromisoformat(cohort), MONTHS[kind])
        begun = Condition(FIRST_ORDER, ">=", cohort)
        return FilterGroup("and", (begun, Condition(FIRST_ORDER, "<", following.isoformat())))
    own: Filter = Condition(COLUMNS[kind], "=", cohort)
    if cohort == OTHERS:
        shown = tuple(name for name in cohorts if name != OTHERS)
        own = Negation(Condition(COLUMNS[kind], "in", shown))
    return FilterGroup("and", (own, Condition(FIRST_ORDER, ">=", str(new_since))))


def select_known(cohort: Filter, age: int, as_of: dt.date) -> Filter:
    """Return the filter of those of a cohort for whom so many months later are over.

    Examples
    --------
    >>> write_filter(select_known(Condition("country", "=", "BR"), 1, dt.date(2011, 12, 9)))
    "country = 'BR' and first_order_date < '2011-11-01'"
    """
    parts = cohort.of if isinstance(cohort, FilterGroup) else (cohort,)
    begun = add_months(as_of.replace(day=1), -age)
    known = Condition(FIRST_ORDER, "<", begun.isoformat())
    return FilterGroup("and", (*parts, known)) if age else cohort


def _add_filters(row: Row, cohort: Filter, as_of: dt.date | None) -> Row:
    """Return a cohort with the filters of its customers and of those who ordered in each month."""
    ages = _filter_ages(cast("list[Row]", row["ages"]), cohort, as_of)
    return {**row, "filter": write_filter(cohort), "ages": ages}


def _filter_ages(ages: Sequence[Row], cohort: Filter, as_of: dt.date | None) -> list[Row]:
    """Return months with the filters of who ordered in them; ``as_of`` where they must be over."""
    filtered = []
    for row in ages:
        age = cast(int, row["age_months"])
        known = cohort if as_of is None else select_known(cohort, age, as_of)
        parts = known.of if isinstance(known, FilterGroup) else (known,)
        ordered = FilterGroup("and", (*parts, Condition(MONTHS_LATER, "=", age)))
        filtered.append({**row, "filter": write_filter(ordered)})
    return filtered


def _sum_quarters(cells: Iterable[Row]) -> list[Row]:
    """Sum months of first orders up to quarters, as far as each of a quarter's months is known."""
    parts: dict[tuple[str, object], list[Row]] = defaultdict(list)
    for row in cells:
        quarter = find_quarter(dt.date.fromisoformat(str(row["cohort"])))
        parts[quarter.isoformat(), row["age_months"]].append(row)
    return [
        {"cohort": quarter, "name": None, "age_months": age, **_sum_parts(rows)}
        for (quarter, age), rows in parts.items()
        if len(rows) == len(parts[quarter, 0])
    ]


def _sum_new(months: Sequence[Row], as_of: dt.date) -> list[Row]:
    """Sum up the customers of all months but the first, as far as their months are over."""
    earliest, running = (
        min((str(row["cohort"]) for row in months), default=""),
        as_of.replace(day=1),
    )
    parts: dict[int, list[Row]] = defaultdict(list)
    for row in months:
        age, month = cast(int, row["age_months"]), cast(dt.date, row["month"])
        if row["cohort"] != earliest and (not age or month < running):
            parts[age].append(row)
    return [{"age_months": age, **_sum_parts(parts[age])} for age in sorted(parts)]


def _sum_parts(rows: Sequence[Row]) -> Row:
    names = ("customers", "active", "revenue")
    return {name: sum(cast(float, row[name] or 0) for row in rows) for name in names}


def _follow(cells: Sequence[Row]) -> list[Row]:
    """Follow each cohort through its months, the first of which tells how many they are."""
    cohorts: dict[object, list[Row]] = defaultdict(list)
    for row in sorted(cells, key=lambda row: (str(row["cohort"]), cast(int, row["age_months"]))):
        cohorts[row["cohort"]].append(row)
    return [
        {
            "cohort": name,
            "name": rows[0]["name"],
            "customers": rows[0]["customers"],
            "ages": list(_add_up(rows)),
        }
        for name, rows in cohorts.items()
    ]


def _add_up(rows: Iterable[Row]) -> Iterable[Row]:
    """Yield a cohort's months with the share that ordered and what a customer spent up to each."""
    spent = 0.0
    for row in rows:
        customers = max(cast(int, row["customers"]), 1)
        spent += float(cast(float, row["revenue"])) / customers
        yield {
            **{name: row[name] for name in ("age_months", "customers", "active")},
            "active_share": cast(int, row["active"]) / customers,
            "revenue": float(cast(float, row["revenue"])),
            "revenue_per_customer": spent,
        }


def _hide(ages: object) -> list[Row]:
    """Return months without filters, and without the numbers of those in which few ordered."""
    told = ("age_months", "customers")
    return [
        {name: age[name] if name in told else None for name in age}
        if is_small(age["active"]) or is_small(age["customers"])
        else {**age, "filter": None}
        for age in cast("Sequence[Row]", ages)
    ]

"""The loyalty programme: its rules and size, and the customers in it or near it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from litestar.params import QueryParameter
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.i18n import Lang
from clientela.report.lists import INSIDERS, LIST_OF_STATUS
from clientela.serving.downloads import ContactsQuery, FormatQuery, ListDownload
from clientela.serving.listing import CursorQuery, LimitQuery, fetch_list, get_name
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, respond_by_version
from clientela.serving.results import Names, get_results
from clientela.serving.schema import derive_page, derive_schema, list_of
from clientela.serving.small_groups import find_hidden, hide_counts, hides_small
from clientela.store.read import Reader, Row, RunReading
from clientela.store.record import RunRecord

PATH = "/v1/programme"
StatusQuery = Annotated[
    Literal["member", "leaving", "candidate"] | None,
    QueryParameter(
        description=(
            "member: in and safe; leaving: no longer qualifies; candidate: misses little. "
            "Without it all who are in, leaving or not"
        )
    ),
]


RuleSchema = derive_schema(
    "RuleSchema",
    "A condition to enter the programme or to leave it.",
    "programme_conditions",
    *("feature", "operator", "value", "unit", "grace_days", "sentence"),
)
Rules: Any = list_of(RuleSchema)


class ProgrammeAnswer(MoneyStamp):
    """The loyalty programme of the published run."""

    name: Annotated[str, Meta(description="What the firm calls it")]
    state: Annotated[
        Literal["not_launched", "launched"],
        Meta(
            description="launched: members are those of the ledger, each with the day of entry; "
            "not_launched: they are the launch list, and nobody has one"
        ),
    ]
    rule_version: Annotated[int | None, Meta(description="Approved version of the rules in force")]
    next_review: Annotated[dt.date | None, Meta(description="First day members can change")]
    policy: Annotated[str | None, Meta(description="How members are chosen")]
    policy_reason: str | None
    members: Annotated[int, Meta(description="Customers who are in, those leaving included")]
    leaving: Annotated[int, Meta(description="Those of them who no longer qualify")]
    candidates: Annotated[int, Meta(description="Customers who miss little")]
    members_share: Annotated[float | None, Meta(description="Members over all customers")]
    revenue_share: Annotated[float | None, Meta(description="Their share of net revenue")]
    entry: Annotated[Rules, Meta(description="All of these let a customer in")]
    exit: Annotated[Rules, Meta(description="Members who miss these leave")]


Member = derive_schema(
    "Member",
    "A customer of the programme, or one who misses little.",
    "programme_members",
    missing=dict[str, float | None] | None,
)
MemberPage = derive_page(
    "MemberPage",
    "Some customers of the programme, ordered by id, and where the next ones begin.",
    members=Member,
)


@read(
    PATH,
    right="aggregates",
    tag="Programme",
    summary="Read the loyalty programme",
    responses=answers(ProgrammeAnswer, 304, 404),
)
async def get_programme(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return name, conditions to enter and to leave, how many are in."""
    policies, rules, counts = await get_results(request).ask(_read_programme)
    language = check_language(request, lang)
    if not policies.content:
        raise _refuse_absent()
    members = _count_members(policies.run, counts, hides=hides_small(request))
    parts = {
        **_describe_policy(policies, language),
        **members,
        "entry": _build_rules(rules, "entry", language),
        "exit": _build_rules(rules, "exit", language),
    }
    content = msgspec.convert(parts, ProgrammeAnswer)
    shown = "-".join(str(count) for count in members.values())
    return respond_by_version(request, content, f"{policies.run.run_id}-{language}-{shown}")


@read(
    PATH + "/members",
    right="lists",
    tag="Programme",
    summary="Page through members and candidates, or take the list away",
    responses=answers(MemberPage, 404),
)
async def list_programme_members(
    request: AnyRequest,
    status: StatusQuery = None,
    limit: LimitQuery = 100,
    cursor: CursorQuery = None,
    format: FormatQuery = None,
    contacts: ContactsQuery = None,
    lang: LangQuery = None,
) -> ASGIApp:
    """Return members and candidates, each with the reason or what is missing and until when.

    They are ordered by id; all pages of a cursor belong to the run of the first.
    """
    source = ListDownload(
        LIST_OF_STATUS[status],
        status,
        contacts,
        fetch=fetch_list(INSIDERS.name, status),
        fetch_pages=partial(fetch_list, "members"),
    )
    return await source.respond(request, MemberPage, _build_member, limit, cursor, format, lang)


def _read_programme(
    reader: Reader,
) -> tuple[RunReading[list[Row]], list[Row], Mapping[str, int]]:
    """Read until all parts are of one run; another may be published in between."""
    while True:
        policies = reader.table("programme_policies")
        rules = reader.table("programme_conditions")
        counts = reader.member_counts()
        if policies.run == rules.run == counts.run:
            return policies, rules.content, counts.content


def _describe_policy(policies: RunReading[list[Row]], lang: Lang) -> Row:
    run = policies.run
    policy: Row = next((row for row in policies.content if row["chosen"]), {})
    return {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "currency": run.currency,
        "name": run.programme_name,
        "state": run.programme.get("state", "not_launched"),
        "rule_version": run.programme.get("rule_version"),
        "next_review": run.programme.get("next_review"),
        "policy": policy.get("policy"),
        "policy_reason": policy.get(f"reason_{lang.lower()}"),
        "revenue_share": policy.get("revenue_share"),
    }


def _count_members(run: RunRecord, counts: Mapping[str, int], *, hides: bool) -> Row:
    """Count members, who is leaving and candidates; no small group where those are hidden."""
    staying, leaving, candidates = (
        counts.get(name, 0) for name in ("member", "leaving", "candidate")
    )
    if hides and find_hidden([staying, leaving]):
        staying, leaving = staying + leaving, 0
    parts = {"members": staying + leaving, "leaving": leaving, "candidates": candidates}
    shown = hide_counts(parts) if hides else parts
    share = shown["members"] / run.customers if run.customers else None
    return {**shown, "members_share": share}


def _build_rules(rules: Sequence[Row], kind: str, lang: Lang) -> list[msgspec.Struct]:
    return [
        msgspec.convert(row | {"sentence": row[f"sentence_{lang.lower()}"]}, RuleSchema)
        for row in rules
        if row["kind"] == kind
    ]


def _build_member(row: Row, names: Names, lang: Lang) -> msgspec.Struct:
    texts = {"segment_name": get_name(row, names), "reason": row[f"reason_{lang.lower()}"]}
    return msgspec.convert(row | texts, Member)


def _refuse_absent() -> NotFoundProblem:
    return NotFoundProblem(
        "the published run has no programme",
        do="publish one with `clientela run FILE`; its report says why where there is none",
    )

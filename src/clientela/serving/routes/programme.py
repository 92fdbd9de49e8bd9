"""The loyalty programme: its rules and size, and the customers in it or near it."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

import msgspec
from litestar.params import FromQuery
from litestar.types import ASGIApp

from clientela.i18n import Lang
from clientela.report.lists import LIST_OF_STATUS
from clientela.serving.auth import EXPORT, READ
from clientela.serving.conditional import conditional
from clientela.serving.listing import Fetch, following, place_of, rows
from clientela.serving.paging import link, refuse_cursor
from clientela.serving.problems import AnyRequest, NotFound
from clientela.serving.response import Answer
from clientela.serving.results import Names
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.routes.customers import Limit
from clientela.serving.routes.files import Format, Listed, accepted, download
from clientela.serving.schemas import Member, MemberPage, ProgrammeAnswer, Rule
from clientela.store.read import Reader, Row
from clientela.store.record import RunRecord

PATH = "/v1/programme"
Status = Literal["member", "leaving", "candidate"]


class Known(NamedTuple):
    """What is known of the programme of one run."""

    run: RunRecord
    policies: list[Row]
    rules: list[Row]
    counts: dict[str, int]


@read(PATH, opt={"scope": READ})
async def programme(request: AnyRequest) -> ASGIApp:
    """Give the programme's name, rules and size."""
    known, lang = await api_of(request).results.ask(_known), language(request)
    if not known.policies:
        raise _none()
    return conditional(request, _programme(known, lang), f"{known.run.run_id}-{lang}")


@read(PATH + "/members", opt={"scope": EXPORT})
async def programme_members(
    request: AnyRequest,
    status: FromQuery[Status | None] = None,
    limit: Limit = 100,
    cursor: FromQuery[str | None] = None,
    format: FromQuery[Format | None] = None,
) -> ASGIApp:
    """Give a page of the programme's customers, or the whole list as a file."""
    results = api_of(request).results
    part, place = place_of(status, cursor, str)
    reading = await rows(results, _of_status(part), place, limit + 1)
    if not reading.content and not (await results.ask(_known)).policies:
        raise _none()
    wanted = format or accepted(request)
    if wanted != "json":
        refuse_cursor(cursor)
        fetch, count = _of_status(status), partial(_size, status=status)
        return await download(request, Listed(LIST_OF_STATUS[status], fetch, count, status), wanted)
    lang, run = language(request), reading.run
    names = await results.names(run.run_id, lang)
    members = [_member(row, names, lang) for row in reading.content[:limit]]
    onwards = following(reading, part, limit)
    content = MemberPage(run.run_id, run.as_of, run.currency, members, onwards)
    return Answer(content, link(request, onwards))


def _of_status(status: str | None) -> Fetch:
    return lambda reader, after, limit, run_id: reader.members(status, after, limit, run_id)


def _size(reader: Reader, status: str | None) -> int:
    counts = reader.member_counts().content
    return counts.get(status, 0) if status else counts.get("member", 0) + counts.get("leaving", 0)


def _known(reader: Reader) -> Known:
    """Read until all parts are of one run; another may be published in between."""
    while True:
        policies = reader.table("programme_policies")
        rules = reader.table("programme_rules")
        counts = reader.member_counts()
        if policies.run == rules.run == counts.run:
            return Known(policies.run, policies.content, rules.content, counts.content)


def _programme(known: Known, lang: Lang) -> ProgrammeAnswer:
    run, counts = known.run, known.counts
    chosen: Row = next((row for row in known.policies if row["chosen"]), {})
    leaving = counts.get("leaving", 0)
    members = counts.get("member", 0) + leaving
    parts = {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "currency": run.currency,
        "name": run.programme_name,
        "policy": chosen.get("policy"),
        "policy_reason": chosen.get(f"reason_{lang.lower()}"),
        "members": members,
        "leaving": leaving,
        "candidates": counts.get("candidate", 0),
        "members_share": members / run.customers if run.customers else None,
        "revenue_share": chosen.get("revenue_share"),
        "entry": _rules(known.rules, "entry", lang),
        "exit": _rules(known.rules, "exit", lang),
    }
    return msgspec.convert(parts, ProgrammeAnswer)


def _rules(rules: Sequence[Row], kind: str, lang: Lang) -> list[Rule]:
    return [
        msgspec.convert(row | {"sentence": row[f"sentence_{lang.lower()}"]}, Rule)
        for row in rules
        if row["kind"] == kind
    ]


def _member(row: Row, names: Names, lang: Lang) -> Member:
    segment = row["segment"]
    told = {
        "segment_name": names.get(segment) if isinstance(segment, int) else None,
        "reason": row[f"reason_{lang.lower()}"],
    }
    return msgspec.convert(row | told, Member)


def _none() -> NotFound:
    return NotFound(
        "the published run has no programme",
        do="publish one with `clientela run FILE`; its report says why where there is none",
    )

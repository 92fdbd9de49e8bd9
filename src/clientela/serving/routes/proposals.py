"""Versions of the programme's rules: listed, proposed, and decided on by somebody else."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar.concurrency import sync_to_thread
from litestar.params import PathParameter
from msgspec import Meta

from clientela.errors import InputError
from clientela.serving.auth import require_caller
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.openapi import answers, post, read
from clientela.serving.problems import AnyRequest, ConflictProblem, NotFoundProblem
from clientela.serving.request import LangQuery, check_language, parse_body, read_own_body
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_body, define_schema, derive_schema, list_of
from clientela.serving.small_groups import hide_counts, hides_small

PATH = "/v1/programme/proposals"
WHY = "who proposes or decides is written down: it takes a key, or a person who logged in"
MOST_CONDITIONS = 6  # by convention: a rule that nobody can say in a sentence is no promise
COUNTS = ("members", "entering", "leaving")
FIELDS = (
    *("version", "grace_days", "run_id", *COUNTS),
    *("expected_revenue", "expected_revenue_change", "horizon_days"),
    *("proposed_at", "proposed_by", "approved_at", "approved_by", "valid_from"),
    *("refused_at", "refused_by"),
)
VersionPath = Annotated[int, PathParameter(ge=1, description="Number of the version")]
Proposal = derive_schema(
    "Proposal",
    "A version of the rules: what it would change, and what became of it.",
    "programme_rules",
    *FIELDS,
    in_force=bool,
    entry=Annotated[str, Meta(description="Who enters, in words")],
    exit=Annotated[str, Meta(description="Who leaves, in words")],
    tiers=Annotated[str, Meta(description="What each tier asks, in words; empty without tiers")],
)
ProposalList = define_schema(
    "ProposalList", "All versions, the last first.", {"proposals": list_of(Proposal)}, MoneyStamp
)
ProposalAnswer = define_schema("ProposalAnswer", "One version.", {"proposal": Proposal}, MoneyStamp)


NewProposal = define_body(
    "NewProposal",
    "Conditions to enter, all of which must hold; those to stay are found for them.",
    {"enter": Annotated[list[str], Meta(min_length=1, max_length=MOST_CONDITIONS)]},
)


Approval = define_body(
    "Approval",
    "From when on a version is in force.",
    {
        "valid_from": (
            Annotated[
                dt.date | None,
                Meta(
                    description="First day; the next review's, before the launch the run's, "
                    "if absent"
                ),
            ],
            None,
        )
    },
)


Refusal = define_body("Refusal", "Of a refusal nothing more is to be said.", {})


@read(
    PATH,
    right="aggregates",
    tag="Programme",
    summary="List the versions of the rules",
    responses=answers(ProposalList),
)
async def list_proposals(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return all versions: waiting, approved, refused; the last first."""
    run, versions = await get_results(request).read_run(), await _read_versions(request)
    rows = [_build_proposal(request, version, lang) for version in versions]
    return RawJsonResponse(ProposalList(run.run_id, run.as_of, run.currency, rows))


@post(
    PATH,
    "propose",
    "Programme",
    NewProposal,
    summary="Propose a rule",
    responses=answers(ProposalAnswer, 404, 409, 422),
)
async def propose_version(
    request: AnyRequest, idempotency_key: KeyHeader = None, lang: LangQuery = None
) -> RawJsonResponse:
    """Let the past months judge a rule, which takes seconds, and store it to be decided on."""
    by, state = require_caller(request, "propose", WHY).name, request.app.state
    if state.propose is None or state.workspace is None:
        raise NotFoundProblem("rules cannot be judged here", do="propose them on the command line")
    body = await read_own_body(request)
    enter, url = parse_body(body, NewProposal).enter, get_results(request).url

    async def create() -> str:
        facts = await state.aside.run(state.propose, url, state.workspace, state.firm, enter, by)
        return str(facts["version"])

    version, _ = await create_once(request, idempotency_key, body, create)
    return await _respond_with_version(request, int(version), lang)


@post(
    PATH + "/{version:int}/approve",
    "approve",
    "Programme",
    Approval,
    summary="Approve a rule",
    responses=answers(ProposalAnswer, 404, 409),
)
async def approve_version(
    request: AnyRequest, version: VersionPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Approve a version, which is in force from a day on; an approval does not change."""
    from clientela.insiders.score.decisions import approve_rules

    valid_from = parse_body(await read_own_body(request), Approval).valid_from
    programme = request.app.state.firm.programme
    return await _decide(
        request,
        version,
        lang,
        lambda url, by, now: approve_rules(url, programme, version, by, valid_from, now),
    )


@post(
    PATH + "/{version:int}/refuse",
    "approve",
    "Programme",
    Refusal,
    summary="Refuse a rule",
    responses=answers(ProposalAnswer, 404, 409),
)
async def refuse_version(
    request: AnyRequest, version: VersionPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Refuse a version, which can then never be approved."""
    from clientela.insiders.score.decisions import refuse_rules

    parse_body(await read_own_body(request), Refusal)
    return await _decide(
        request, version, lang, lambda url, by, now: refuse_rules(url, version, by, now)
    )


async def _decide(
    request: AnyRequest,
    version: int,
    lang: str | None,
    decide: Callable[[str, str, dt.datetime], object],
) -> RawJsonResponse:
    by = require_caller(request, "approve", WHY).name
    before = await _find_version(request, version)
    try:
        now = dt.datetime.now(dt.UTC)
        await sync_to_thread(partial(decide, get_results(request).url, by, now))
    except InputError as error:
        if before["approved_by"] or before["refused_by"]:
            raise ConflictProblem(str(error.what), do=error.do) from None
        raise
    return await _respond_with_version(request, version, lang)


async def _read_versions(request: AnyRequest) -> tuple[Mapping[str, Any], ...]:
    # Arrow would cost every server 100 MB at its start
    from clientela.insiders.score.decisions import list_versions

    return await sync_to_thread(partial(list_versions, get_results(request).url))


async def _find_version(request: AnyRequest, number: int) -> Mapping[str, Any]:
    for version in await _read_versions(request):
        if version["version"] == number:
            return version
    raise NotFoundProblem(f"there is no version {number} of the rules", do=f"see GET {PATH}")


async def _respond_with_version(
    request: AnyRequest, number: int, lang: str | None
) -> RawJsonResponse:
    run, version = await get_results(request).read_run(), await _find_version(request, number)
    row = _build_proposal(request, version, lang)
    return RawJsonResponse(ProposalAnswer(run.run_id, run.as_of, run.currency, row))


def _build_proposal(
    request: AnyRequest, version: Mapping[str, Any], lang: str | None
) -> msgspec.Struct:
    suffix = f"_{check_language(request, lang).lower()}"
    texts = {name: version[f"{name}{suffix}"] for name in ("entry", "exit", "tiers")}
    counts = {name: version[name] for name in COUNTS}
    shown = hide_counts(counts) if hides_small(request) else counts
    return msgspec.convert({**version, **texts, **shown}, Proposal)

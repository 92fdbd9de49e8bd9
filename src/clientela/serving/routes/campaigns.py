"""Campaigns from the idea to what they brought, and recipes to begin with."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec
from litestar.params import PathParameter
from msgspec import Meta

from clientela.contract.recipes import RECIPES
from clientela.i18n import t
from clientela.serving.auth import get_actor
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.openapi import answers, post, read, remove, replace
from clientela.serving.problems import AnyRequest, refuse_absent
from clientela.serving.request import LangQuery, check_language, parse_body, read_own_body
from clientela.serving.response import MoneyStamp, RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.routes.evidence import build_experiment, find_day, read_readouts
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hides_small
from clientela.store import campaigns as store
from clientela.store.campaigns import CampaignDraft, read_campaigns
from clientela.store.read import Row

if TYPE_CHECKING:  # it loads Arrow, which look-ups do without
    pass

PATH = "/v1/campaigns"
Stage = Literal["idea", "ready", "running", "measured"]
STAGES: tuple[Stage, ...] = ("idea", "ready", "running", "measured")
OF_EXPERIMENTS: dict[str, Stage] = {
    "planned": "ready",
    "running": "running",
    "due": "running",
    "read": "measured",
}
ALONE: tuple[Stage, ...] = ("running", "measured")
"""Stages of experiments that stand on the board without a campaign."""
Campaign = derive_schema(
    "Campaign",
    "What people plan to do for whom, where it stands and what came of it.",
    "campaigns",
    *("campaign_id", "version", "title", "state", "customer_group", "offer", "message"),
    *("owned_by", "channel", "experiment", "cost", "control_share", "starts_on", "ends_on"),
    *("changed_by", "changed_at"),
    stage=Annotated[
        Stage,
        Meta(description="As its experiment tells, or its days; measured by experiment alone"),
    ],
    found=Annotated[
        Literal["gain", "loss", "chance"] | None, Meta(description="What its experiment says")
    ],
    sentence=str | None,
)
CampaignList = define_schema(
    "CampaignList",
    "All campaigns, the one changed last first.",
    {"campaigns": list_of(Campaign)},
    MoneyStamp,
)
CampaignAnswer = define_schema(
    "CampaignAnswer", "One campaign.", {"campaign": Campaign}, MoneyStamp
)
CampaignRecipe = define_schema(
    "CampaignRecipe",
    "A campaign that shops know, for whom it is and what they may get.",
    {"name": str, "title": str, "text": str, "offer": str, "filter": str, "channel": str},
)
CampaignRecipes = define_schema(
    "CampaignRecipes", "Campaigns to begin with.", {"recipes": list_of(CampaignRecipe)}
)
CAMPAIGN_ANSWER = answers(CampaignAnswer, 404, 422)
CampaignPath = Annotated[
    str,
    PathParameter(description="Id of the campaign", schema_extra={"examples": ["3f9a12c07b54"]}),
]


@read(
    PATH,
    right="aggregates",
    tag="Campaigns",
    summary="List the campaigns",
    responses=answers(CampaignList),
)
async def list_campaigns(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return what people plan, from the idea to what it brought."""
    run = await get_results(request).read_run()
    rows = await read_board(request, check_language(request, lang))
    content = msgspec.convert(rows, list[Campaign])  # type: ignore[valid-type]
    return RawJsonResponse(CampaignList(run.run_id, run.as_of, run.currency, content))


async def read_board(
    request: AnyRequest, lang: Any, *, experiments_too: bool = False
) -> list[dict[str, Any]]:
    """Read the campaigns with where each stands and what its experiment found.

    Experiments of no campaign that run or are over can stand among them, without an id.
    """
    from clientela.store.experiments import read_experiments

    results = get_results(request)
    run = await results.read_run()
    experiments = await results.ask(read_experiments)
    readouts = await results.ask(read_readouts)
    day, hides = find_day(run), hides_small(request)
    experiment_views = {
        experiment.name: build_experiment(
            experiment, readouts.get(experiment.name), day, lang=lang, hides=hides
        )
        for experiment in experiments
    }
    rows: list[Row] = await results.ask(read_campaigns)
    if experiments_too:
        named = {str(row["experiment"]) for row in rows}
        rows = [*rows, *_list_alone(experiment_views, named)]
    return [place_campaign(row, experiment_views, day) for row in rows]


def _list_alone(experiments: Mapping[str, Any], named: Collection[str]) -> Iterator[Row]:
    """List experiments that no campaign names and that are no plan any more, as campaigns."""
    for name, experiment in experiments.items():
        if name not in named and OF_EXPERIMENTS[experiment.state] in ALONE:
            facts = {"title": name, "experiment": name, "customer_group": experiment.group}
            days = {"starts_on": experiment.start, "ends_on": experiment.end}
            yield {**dict.fromkeys(Campaign.__struct_fields__), **facts, **days}


def place_campaign(row: Row, experiments: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """Say where a campaign stands: by its experiment, else by what was said and its days."""
    experiment = experiments.get(str(row["experiment"]))
    if experiment is not None:
        facts = {"stage": OF_EXPERIMENTS[experiment.state]}
        return {**row, **facts, "found": experiment.found, "sentence": experiment.sentence}
    began = row["starts_on"] is not None and cast(dt.date, row["starts_on"]) <= day
    stage = "running" if row["state"] == "ready" and began else row["state"]
    return {**row, "stage": stage, "found": None, "sentence": None}


@post(
    PATH,
    "audiences",
    "Campaigns",
    CampaignDraft,
    summary="Put a campaign on the board",
    responses=answers(CampaignAnswer, 409, 422),
)
async def create_campaign(
    request: AnyRequest, idempotency_key: KeyHeader = None, lang: LangQuery = None
) -> RawJsonResponse:
    """Write down what is planned, for whom, by whom and when; nothing is sent by it."""
    body = await read_own_body(request)
    create = partial(
        get_results(request).change,
        store.create_campaign,
        parse_body(body, CampaignDraft),
        get_actor(request),
        dt.datetime.now(dt.UTC),
    )
    campaign_id, _ = await create_once(request, idempotency_key, body, create)
    return await _respond(request, campaign_id, lang)


@read(
    PATH + "/{campaign_id:str}",
    right="aggregates",
    tag="Campaigns",
    summary="Read a campaign",
    responses=CAMPAIGN_ANSWER,
)
async def get_campaign(
    request: AnyRequest, campaign_id: CampaignPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Return a campaign as it stands."""
    return await _respond(request, campaign_id, lang)


@replace(
    PATH + "/{campaign_id:str}",
    "audiences",
    "Campaigns",
    CampaignDraft,
    summary="Change a campaign",
    responses=CAMPAIGN_ANSWER,
)
async def change_campaign(
    request: AnyRequest, campaign_id: CampaignPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Write another version of a campaign; earlier ones stay on record with who made them."""
    draft = parse_body(await read_own_body(request), CampaignDraft)
    await _find(request, campaign_id, lang)
    change, by = get_results(request).change, get_actor(request)
    await change(store.change_campaign, campaign_id, draft, by, dt.datetime.now(dt.UTC))
    return await _respond(request, campaign_id, lang)


@remove(
    PATH + "/{campaign_id:str}",
    "audiences",
    "Campaigns",
    success=200,
    summary="Take a campaign off the board",
    responses=CAMPAIGN_ANSWER,
)
async def remove_campaign(
    request: AnyRequest, campaign_id: CampaignPath, lang: LangQuery = None
) -> RawJsonResponse:
    """Take a campaign off the board, and return what it was; it stays on record."""
    answer = await _respond(request, campaign_id, lang)
    change, by = get_results(request).change, get_actor(request)
    await change(store.remove_campaign, campaign_id, by, dt.datetime.now(dt.UTC))
    return answer


async def _find(request: AnyRequest, campaign_id: str, lang: str | None) -> dict[str, Any]:
    rows = await read_board(request, check_language(request, lang))
    found = next((row for row in rows if row["campaign_id"] == campaign_id), None)
    if found is None:
        with refuse_absent():
            raise store.refuse_unknown(campaign_id)
    return found


async def _respond(request: AnyRequest, campaign_id: str, lang: str | None) -> RawJsonResponse:
    row = await _find(request, campaign_id, lang)
    run = await get_results(request).read_run()
    campaign = msgspec.convert(row, Campaign)
    return RawJsonResponse(CampaignAnswer(run.run_id, run.as_of, run.currency, campaign))


@read(
    "/v1/recipes",
    right="aggregates",
    tag="Campaigns",
    summary="Read recipes for campaigns",
    responses=answers(CampaignRecipes),
)
async def list_recipes(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return campaigns that shops know, each with the filter of whom it addresses."""
    language = check_language(request, lang)
    rows = [
        CampaignRecipe(
            recipe.name,
            *(t(f"recipe.{recipe.name}.{part}", language) for part in ("title", "text", "offer")),
            recipe.filter,
            recipe.channel,
        )
        for recipe in RECIPES
    ]
    return RawJsonResponse(CampaignRecipes(rows))

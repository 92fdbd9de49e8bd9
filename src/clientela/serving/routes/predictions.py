"""Live predictions by the models that score now: churn, and segments."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from litestar import post
from litestar.concurrency import sync_to_thread

from clientela.serving.auth import READ
from clientela.serving.body import read_body
from clientela.serving.ids import known_as
from clientela.serving.predicting.answers import ChurnPredictions, SegmentPredictions
from clientela.serving.predicting.champions import CHURN, SEGMENTS
from clientela.serving.predicting.reading import Asked, read
from clientela.serving.predicting.request import Known, items_of
from clientela.serving.problems import AnyRequest
from clientela.serving.response import Answer
from clientela.serving.results import LONG, Results
from clientela.serving.routes.context import Api, api_of, language
from clientela.store.read import Row
from clientela.store.record import RunRecord

if TYPE_CHECKING:  # what predicts is loaded with the first model
    from clientela.serving.predicting.loading import Champion

T = TypeVar("T")
BODIES = 16  # transactions of many customers are long: so many times the largest other body
FEW = 20  # items that are scored in less than it takes to hold up other requests


@post("/v1/churn/predictions", status_code=200, opt={"scope": READ})
async def churn_predictions(request: AnyRequest) -> Answer:
    """Say how likely the customers of the body are to leave, and why."""
    lang, api = language(request), api_of(request)
    champion = await _champion(api, CHURN)
    asked, run = await _asked(request, api), await _run(api.results)
    known = _known(run, champion)
    published = await _published(api.results, asked)

    def predicted() -> ChurnPredictions:
        from clientela.serving.predicting import score as scored
        from clientela.serving.predicting.feature_rows import gathered

        found = gathered(asked, champion, known, published)
        given = scored.churn_predictions(asked.ids, found, champion, lang, known.currency)
        for place, row in published.items():
            if scored.already_gone(row):
                given[place] = msgspec.structs.replace(
                    given[place],
                    churn_probability=1.0,
                    churn_band=scored.GONE,
                    reasons=[],
                    error=None,
                )
        return ChurnPredictions(**_head(run, champion, known), results=given)

    return Answer(await _quickly(asked, predicted))


@post("/v1/segments/predictions", status_code=200, opt={"scope": READ})
async def segment_predictions(request: AnyRequest) -> Answer:
    """Say which segments the customers of the body belong to."""
    lang, api = language(request), api_of(request)
    champion = await _champion(api, SEGMENTS)
    asked, run = await _asked(request, api), await _run(api.results)
    known = _known(run, champion)
    published = await _published(api.results, asked)

    def predicted() -> SegmentPredictions:
        from clientela.serving.predicting import score as scored
        from clientela.serving.predicting.feature_rows import gathered

        found = gathered(asked, champion, known, published)
        given = scored.segment_predictions(asked.ids, found, champion, lang)
        return SegmentPredictions(**_head(run, champion, known), results=given)

    return Answer(await _quickly(asked, predicted))


async def _champion(api: Api, kind: str) -> "Champion":
    held = api.champions.held(kind)
    return await sync_to_thread(lambda: api.champions.load(kind)) if held is None else held


async def _asked(request: AnyRequest, api: Api) -> Asked:
    body = await read_body(request.receive, api.settings.max_body_kb * 1024 * BODIES)
    if len(body) <= api.settings.max_body_kb * 1024 // BODIES:
        return read(items_of(body))
    return await sync_to_thread(lambda: read(items_of(body)))


async def _run(results: Results) -> RunRecord | None:
    return await results.ask(lambda reader: reader.current_run())


def _known(run: RunRecord | None, champion: "Champion") -> Known:
    """Give what the published run knows; before the first, the day of the model."""
    return Known(champion.card.as_of, None) if run is None else Known(run.as_of, run.currency)


def _head(run: RunRecord | None, champion: "Champion", known: Known) -> dict[str, Any]:
    return {
        "model_id": champion.model_id,
        "model_as_of": champion.card.as_of,
        "run_id": None if run is None else run.run_id,
        "as_of": known.as_of,
    }


async def _published(results: Results, asked: Asked) -> dict[int, Row | str]:
    """Read the customers of known ids; where there is none, say why."""
    places = {place: known_as(each) for place, each in asked.known.items()}
    if not places:
        return {}
    ids = list(places.values())
    reading = await results.ask(lambda reader: reader.customers(ids), long=len(ids) > FEW)
    rows = dict(zip(places, reading.content, strict=True))
    missing = [places[place] for place, row in rows.items() if row is None]
    strangers = await _strangers(results, missing)
    return {
        place: row
        if row is not None
        else "no_purchases"
        if places[place] in strangers
        else "unknown"
        for place, row in rows.items()
    }


async def _strangers(results: Results, missing: Sequence[str]) -> set[str]:
    if not missing:
        return set()
    return await results.ask(lambda reader: reader.no_purchases(missing), long=len(missing) > LONG)


async def _quickly(asked: Asked, work: Callable[[], T]) -> T:
    """Work in place where that takes a moment, else in a thread."""
    if len(asked.items) <= FEW and not any(each and each.transactions for each in asked.items):
        return work()
    return await sync_to_thread(work)

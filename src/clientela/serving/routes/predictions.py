"""Live predictions by the models that score now: churn, and segments."""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import msgspec
from litestar.concurrency import sync_to_thread

from clientela import config
from clientela.i18n import Lang
from clientela.serving.auth import spend_look_up
from clientela.serving.openapi import answers, post
from clientela.serving.predicting.champions import CHURN, SEGMENTS, Champions
from clientela.serving.predicting.request import PredictionRequest
from clientela.serving.predicting.schemas import ChurnPredictions, Predictions, SegmentPredictions
from clientela.serving.problems import AnyRequest
from clientela.serving.request import (
    LangQuery,
    check_language,
    read_body,
    respell_absent,
    to_stored_id,
)
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import Results, get_results
from clientela.store.read import Row

if TYPE_CHECKING:  # what predicts is loaded with the first model
    from clientela.serving.predicting.loading import Champion

# Transactions of many customers are long: so many times the largest other body, by convention
BODIES = 16
# Items that are scored in less time than would hold up other requests
FEW = 20


@post(
    "/v1/churn/predictions",
    "person",
    "Predictions",
    Predictions,
    summary="Predict who leaves, and why",
    responses=answers(ChurnPredictions, 404),
)
async def predict_churn(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return probability, band and the three strongest reasons in the order of the items.

    By known id, by features, or from all transactions of a customer so far, of which the server
    makes the features itself; up to 1,000 items, of all forms. What is wrong with one item is
    said beside the answers to the others. The model is the champion of the server's workspace.
    """
    return await _predict(request, CHURN, lang, ChurnPredictions)


@post(
    "/v1/segments/predictions",
    "person",
    "Predictions",
    Predictions,
    summary="Predict segments",
    responses=answers(SegmentPredictions, 404),
)
async def predict_segments(request: AnyRequest, lang: LangQuery = None) -> RawJsonResponse:
    """Return segment and confidence in the order of the items.

    Items, and what is wrong with one of them, are as for churn predictions. The model is the
    champion of the server's workspace.
    """
    return await _predict(request, SEGMENTS, lang, SegmentPredictions)


async def _predict(
    request: AnyRequest, kind: str, lang: str | None, answer: type[msgspec.Struct]
) -> RawJsonResponse:
    language, champion = check_language(request, lang), await _load_champion(request, kind)
    max_bytes = cast(config.Serving, request.app.state.settings).max_body_kb * 1024
    body = await read_body(request.receive, max_bytes * BODIES)
    # Large ones take turns, which costs no time, as one interpreter computes them all. Freed memory
    # stays in Python's pools: eight bodies of 9 MB left 410 MB in turn, 478 by four at a time
    turn = request.app.state.large_turn if len(body) > max_bytes else nullcontext()
    async with turn:
        aside = len(body) > max_bytes // BODIES
        items = await sync_to_thread(PredictionRequest, body) if aside else PredictionRequest(body)
        return await _predict_items(request, kind, items, champion, language, answer)


async def _predict_items(
    request: AnyRequest,
    kind: str,
    items: PredictionRequest,
    champion: "Champion",
    language: Lang,
    answer: type[msgspec.Struct],
) -> RawJsonResponse:
    results = get_results(request)
    run = await results.ask(lambda reader: reader.current_run())
    as_of, currency = (run.as_of, run.currency) if run else (champion.card.as_of, None)
    published = await _read_customers(results, items)
    unknown = sum(row == "unknown" for row in published.values())
    persons = [str(row["customer_id"]) for row in published.values() if isinstance(row, dict)]
    customers = run.customers if run else 0
    spend_look_up(request, items.items, unknown, persons, customers)

    def predict() -> list[Any]:
        from clientela.serving.predicting.score import PREDICTORS

        return PREDICTORS[kind](items, champion, as_of, currency, published, language)

    quick = len(items.items) <= FEW and not items.has_transactions
    predictions = predict() if quick else await sync_to_thread(predict)
    run_id = run.run_id if run else None
    return RawJsonResponse(
        answer(champion.model_id, champion.card.as_of, run_id, as_of, predictions)
    )


async def _load_champion(request: AnyRequest, kind: str) -> "Champion":
    champions = cast(Champions, request.app.state.champions)
    champion = champions.get(kind)
    return await sync_to_thread(lambda: champions.load(kind)) if champion is None else champion


async def _read_customers(results: Results, items: PredictionRequest) -> dict[int, Row | str]:
    """Read the customers of stored ids; where there is none, say why."""
    ids = {index: to_stored_id(raw) for index, raw in items.stored_ids.items()}
    if not ids:
        return {}
    wanted = list(ids.values())
    reading = await results.ask(lambda reader: reader.customers(wanted), long=len(wanted) > FEW)
    rows = dict(zip(ids, reading.content, strict=True))
    raw = list(items.stored_ids.values())
    respelt = respell_absent(raw, wanted, reading.content, reading.run.id_form)
    if respelt:
        spelt, indexes = list(respelt.values()), list(ids)
        again = await results.ask(lambda reader: reader.customers(spelt), long=len(spelt) > FEW)
        for index, row in zip(respelt, again.content, strict=True):
            ids[indexes[index]], rows[indexes[index]] = respelt[index], row
    unsold = await results.find_unsold([ids[index] for index, row in rows.items() if row is None])
    reasons = {index: "no_purchases" if ids[index] in unsold else "unknown" for index in ids}
    return {index: reasons[index] if row is None else row for index, row in rows.items()}

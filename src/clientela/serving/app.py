"""The API as an ASGI application."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

from litestar import Litestar
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from clientela import config
from clientela.errors import ClientelaError
from clientela.progress import logger
from clientela.serving import problems
from clientela.serving.auth import gate
from clientela.serving.listening import is_loopback
from clientela.serving.pages import pages
from clientela.serving.predicting.champions import Champions
from clientela.serving.report_page import report_pages
from clientela.serving.results import Results
from clientela.serving.routes import (
    at_risk,
    customers,
    health,
    lookup,
    predictions,
    programme,
    report,
    runs,
    segments,
)
from clientela.serving.routes.context import Api
from clientela.store.read import Reader, open_reader

ROUTES = (
    lookup.lookup_options,  # first, or the framework makes one of its own
    lookup.lookup_posted,
    lookup.lookup_queried,
    predictions.churn_predictions,
    predictions.segment_predictions,
    customers.customer,
    customers.customers,
    customers.segment_customers,
    segments.segments,
    programme.programme,
    programme.programme_members,
    at_risk.customers_at_risk,
    report.report,
    runs.current_run,
    health.health,
    health.ready,
)
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),  # browsers send a password unasked
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def create_app(
    settings: config.Serving,
    store_url: str,
    opener: Callable[[str], Reader] = open_reader,
    models: Path | None = None,
) -> Litestar:
    """Make the API over a results database.

    Without a key the API answers everybody as long as ``settings.host`` is a loopback address and
    no key was ever created.

    Parameters
    ----------
    settings : config.Serving
        Address and limits.
    store_url : str
        The results database; it need not be reachable yet.
    opener : callable
        How the URL becomes a reader.
    models : Path, optional
        The models of a workspace, for live predictions; without them there are none.
    """
    results, champions = Results(store_url, opener), Champions(models)
    return Litestar(
        route_handlers=[*ROUTES, *pages(settings), *report_pages()],
        middleware=[gate(results, open_without_keys=is_loopback(settings.host))],
        exception_handlers={
            ClientelaError: problems.on_known,
            HTTPException: problems.on_http,
            Exception: problems.on_unknown,
        },
        before_send=[_add_headers],
        lifespan=[_preparing(champions), _closing(results)],
        state=State({"api": Api(results, settings, champions)}),
        openapi_config=None,
        logging_config=None,
    )


async def _add_headers(message: Message, scope: Scope) -> None:
    """Add the safe headers that the answer does not set itself."""
    if message["type"] == "http.response.start":
        given = [*message["headers"]]
        names = {name.lower() for name, _ in given}
        message["headers"] = given + [each for each in SAFE_HEADERS if each[0] not in names]


def _preparing(champions: Champions) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Load the models beside the first requests, which need not wait for them."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        loading = asyncio.create_task(sync_to_thread(partial(_prepare, champions)))
        yield
        await loading

    return lifespan


def _prepare(champions: Champions) -> None:
    try:
        champions.prepare()
    except ClientelaError as error:  # told to whoever asks for a prediction
        logger(sys.stderr).warning("model_not_loaded", why=str(error))


def _closing(results: Results) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        yield
        await results.close()

    return lifespan

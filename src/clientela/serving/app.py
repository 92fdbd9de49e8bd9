"""The API as an ASGI application."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import msgspec
from litestar import Litestar, Response
from litestar.concurrency import sync_to_thread
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.middleware.compression import CompressionMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from clientela import config
from clientela.errors import ClientelaError, StoreError
from clientela.serving import problems
from clientela.serving.addresses import is_loopback
from clientela.serving.aside import Aside
from clientela.serving.auth import require_callers
from clientela.serving.budgets import Budgets
from clientela.serving.dashboard import (
    account,
    annotations,
    board_file,
    customer_file,
    display,
    erasure,
    evidence,
    experiments,
    frame,
    insiders,
    login,
    person,
    plain,
    risk,
    risk_money,
    rule,
    segment_label,
    today,
)
from clientela.serving.dashboard import audiences as audience_pages
from clientela.serving.dashboard import campaigns as campaign_pages
from clientela.serving.dashboard import customers as customer_pages
from clientela.serving.dashboard import list_changes as list_forms
from clientela.serving.dashboard import monitoring as monitoring_page
from clientela.serving.dashboard import products as product_page
from clientela.serving.dashboard import runs as run_page
from clientela.serving.dashboard import segments as segment_pages
from clientela.serving.dashboard import subscriptions as subscription_page
from clientela.serving.dashboard import value as value_page
from clientela.serving.dashboard import views as saved_views
from clientela.serving.dashboard.rule import Propose
from clientela.serving.filtering import Filters
from clientela.serving.log import bind_request, get_request_id, name_operation
from clientela.serving.meter import Meter
from clientela.serving.oidc import Provider
from clientela.serving.openapi import build_document
from clientela.serving.path_ids import fold_id
from clientela.serving.predicting.champions import Champions
from clientela.serving.problems import AnyRequest, LoginProblem, Problem
from clientela.serving.recorder import OpenLog, Recorder
from clientela.serving.results import Results
from clientela.serving.routes import (
    access,
    actions,
    at_risk,
    audiences,
    changes,
    cohorts,
    customers,
    docs,
    figures,
    list_changes,
    lookup,
    metrics,
    monitoring,
    persons,
    predictions,
    products,
    programme,
    programme_case,
    propensity,
    proposals,
    report,
    run_comparison,
    runs,
    segments,
    transactions,
)
from clientela.serving.routes import campaigns as campaign_routes
from clientela.serving.routes import evidence as evidence_routes
from clientela.serving.routes import filters as filter_routes
from clientela.serving.routes import risk_money as risk_money_routes
from clientela.serving.routes import subscriptions as subscription_routes
from clientela.serving.routes import value as value_routes
from clientela.store.read import Reader, open_reader
from clientela.telemetry import logger, record_request

MODULES = (
    lookup,
    predictions,
    customers,
    persons,
    access,
    filter_routes,
    segments,
    programme,
    programme_case,
    proposals,
    at_risk,
    risk_money_routes,
    actions,
    propensity,
    products,
    audiences,
    campaign_routes,
    list_changes,
    subscription_routes,
    changes,
    transactions,
    cohorts,
    figures,
    monitoring,
    metrics,
    report,
    evidence_routes,
    value_routes,
    runs,
    run_comparison,
    docs,
    login,
    account,
    board_file,
    frame,
    display,
    today,
    annotations,
    segment_label,
    customer_pages,
    list_forms,
    person,
    erasure,
    customer_file,
    segment_pages,
    run_page,
    insiders,
    risk,
    risk_money,
    evidence,
    value_page,
    experiments,
    rule,
    audience_pages,
    campaign_pages,
    monitoring_page,
    product_page,
    saved_views,
    subscription_page,
)
ROUTES = tuple(
    handler
    for module in MODULES
    for handler in vars(module).values()
    if isinstance(handler, HTTPRouteHandler)
)
PAGE_RIGHTS = {path: handler.opt.get("right") for handler in ROUTES for path in handler.paths}
SAFE_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # with none, browsers send our forms as of origin null
    (b"cache-control", b"no-store"),
    (b"cross-origin-resource-policy", b"same-origin"),  # browsers send a password unasked
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
# A packet holds less either way
SMALLEST_COMPRESSED = 1_500
# 500 customers as JSON become 17 % in 5 ms; level 6 makes 13 % of them in 18
GZIP_LEVEL = 1
# By convention, the year that browsers ask for before they preload a name
HSTS = (b"strict-transport-security", b"max-age=31536000")


def create_app(  # noqa: PLR0913 - all that a server is made of, by keyword
    settings: config.Serving,
    store_url: str,
    opener: Callable[[str], Reader] = open_reader,
    models: Path | None = None,
    open_log: OpenLog | None = None,
    oidc: config.Oidc | None = None,
    firm: config.Settings | None = None,
    propose: Propose | None = None,
    shared: Path | None = None,
) -> Litestar:
    """Build the API over a results database.

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
        The models of a workspace, for live predictions; without it there are none.
    open_log : callable, optional
        Opens the access log; without it nothing is written down.
    oidc : config.Oidc, optional
        The firm's own accounts; without them there are passwords alone.
    firm : config.Settings, optional
        How the firm runs, for what people decide at the dashboard; the defaults if absent.
    propose : callable, optional
        Judges and stores a rule of the programme that a person proposes; without it nobody can.
    shared : Path, optional
        Folder of what all workers of a server share; without it this one is alone.
    """
    results, budgets = Results(store_url, opener, shared), Budgets()
    app = lay_out_routes()
    app.state = State(
        {
            "results": results,
            "filters": Filters(results),
            "settings": settings,
            "is_open": is_loopback(settings.host),
            "champions": Champions(models),
            "workspace": models.parent if models else None,
            "budgets": budgets,
            "recorder": Recorder(open_log, budgets),
            "meter": Meter(settings.max_connections),
            "firm": firm or config.Settings(),
            "propose": propose,
            "aside": Aside(),
            "large_turn": asyncio.Semaphore(1),
            "logins": login.Logins(),
            "provider": Provider(oidc) if oidc is not None and oidc.issuer else None,
            "page_rights": PAGE_RIGHTS,
            "report_pages": report.PageCache(),
            "document": cache(lambda: msgspec.json.encode(build_document(settings, ROUTES))),
        }
    )
    return app


class Api(Litestar):
    """The application, in whose paths an id of a customer is one segment."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; the id in its path is folded before it is routed."""
        if scope["type"] == "http":
            scope["path"] = fold_id(scope["path"], scope.get("root_path", ""))
        await super().__call__(scope, receive, send)


def lay_out_routes() -> Litestar:
    """Lay out the routes; what they work with is the state of the application."""
    return Api(
        route_handlers=list(ROUTES),
        middleware=[compress_answers, require_callers],
        exception_handlers={
            LoginProblem: _lead_to_login,
            StoreError: _explain_store_error,
            ClientelaError: _in_words(problems.respond_to_error),
            HTTPException: _in_words(problems.respond_to_http_error),
            Exception: _in_words(problems.respond_to_fault),
        },
        before_send=[_begin_answer],
        lifespan=[_prepare_beside, _close_after, _keep_filters_ready, _record],
        openapi_config=None,
        logging_config=None,
    )


def compress_answers(app: ASGIApp) -> ASGIApp:
    """Wrap an application, so that long answers are compressed for who takes it."""
    settings = CompressionConfig(
        "gzip",
        minimum_size=SMALLEST_COMPRESSED,
        gzip_compress_level=GZIP_LEVEL,
        exclude_opt_key="uncompressed",
    )
    compressed = CompressionMiddleware(app, settings)

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        # Programs seldom ask for it, and the framework would index all headers to see
        asks = any(name == b"accept-encoding" for name, _ in scope["headers"])
        await (compressed if asks else app)(scope, receive, send)

    return call


def _in_words(respond: Callable[[AnyRequest, Any], Response[Problem]]) -> Any:
    """Let a person read in a page what programs read as a problem."""

    def respond_to_reader(request: AnyRequest, error: Exception) -> Response[Any]:
        return plain.show_in_words(request, respond(request, error))

    return respond_to_reader


def _lead_to_login(request: AnyRequest, error: LoginProblem) -> Response[Any]:
    """Lead a browser to the login; a program gets the problem."""
    if plain.wants_page(request) or "hx-request" in request.headers:
        return plain.lead_to_login(request, error)
    return problems.respond_to_error(request, error)


def _explain_store_error(request: AnyRequest, error: StoreError) -> Response[Any]:
    """Answer a page with a page that says what is missing; the API with a problem."""
    path = request.scope["path"]
    if path == frame.HOME or path.startswith(frame.HOME + "/"):
        return frame.explain_store_error(request, error)
    return plain.show_in_words(request, problems.respond_to_error(request, error))


async def _begin_answer(message: Message, scope: Scope) -> None:
    """Add headers to an answer as it begins, and count it."""
    if message["type"] == "http.response.start":
        message["headers"] = _add_headers(message["headers"], scope)
        _count_answer(message["status"], scope)


def _count_answer(status: int, scope: Scope) -> None:
    """Count an answer, and write a line of it where that is wanted."""
    state, began = scope["litestar_app"].state, cast(Any, scope).pop("began", None)
    if began is None:  # no route took it
        state.meter.begin()
    seconds = 0.0 if began is None else time.perf_counter() - began
    operation = name_operation(scope)
    state.meter.end(operation, status, seconds)
    request_id = get_request_id(scope)
    traced = record_request(operation, status, seconds, scope["headers"], request_id)
    if state.settings.log_requests:
        log = bind_request(scope) if traced is None else bind_request(scope).bind(trace_id=traced)
        log.info("request", status=status, ms=round(seconds * 1000, 1))


def _add_headers(headers: Iterable[tuple[bytes, bytes]], scope: Scope) -> list[tuple[bytes, bytes]]:
    """Add the safe headers that an answer does not set itself, and what is told of each request."""
    own = [*headers]
    names = {name.lower() for name, _ in own}
    safe = [*SAFE_HEADERS, HSTS] if scope["scheme"] == "https" else SAFE_HEADERS
    request_id = (b"x-request-id", get_request_id(scope).encode())
    limits = cast(Any, scope).get("ratelimit", ())
    return [*own, *limits, request_id, *(pair for pair in safe if pair[0] not in names)]


@asynccontextmanager
async def _prepare_beside(app: Litestar) -> AsyncIterator[None]:
    """Load the models beside the first requests, which need not wait for them."""
    loading = asyncio.create_task(sync_to_thread(partial(_prepare, app.state.champions)))
    yield
    await loading


def _prepare(champions: Champions) -> None:
    try:
        champions.prepare()
    except ClientelaError as error:  # a request for a prediction says it again
        logger(sys.stderr).warning("model_not_loaded", why=str(error))


@asynccontextmanager
async def _keep_filters_ready(app: Litestar) -> AsyncIterator[None]:
    looking = asyncio.create_task(app.state.filters.keep_ready())
    yield
    looking.cancel()
    await asyncio.wait({looking})


@asynccontextmanager
async def _close_after(app: Litestar) -> AsyncIterator[None]:
    yield
    app.state.aside.close()
    await app.state.filters.close()
    await app.state.results.close()


@asynccontextmanager
async def _record(app: Litestar) -> AsyncIterator[None]:
    await app.state.recorder.start()
    app.state.results.hash_person = app.state.recorder.hash_person
    yield
    await app.state.recorder.stop()

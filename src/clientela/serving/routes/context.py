"""What a handler may use beside its request."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler

from clientela import config
from clientela.i18n import LANGS, Lang
from clientela.serving.language import preferred
from clientela.serving.predicting.champions import Champions
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.request_header import header
from clientela.serving.results import Results

# HEAD answers what GET does; the server leaves the body out.
read: Callable[..., Callable[[Any], HTTPRouteHandler]] = partial(
    route, http_method=[HttpMethod.GET, HttpMethod.HEAD]
)


@dataclass(frozen=True)
class Api:
    """What the server was made with."""

    results: Results
    settings: config.Serving
    champions: Champions


def api_of(request: AnyRequest) -> Api:
    """Give what the server was made with."""
    return cast(Api, request.app.state.api)


def language(request: AnyRequest) -> Lang:
    """Choose the language of names: ``?lang=``, else ``Accept-Language``, else English.

    Raises
    ------
    RequestError
        A language we do not have.
    """
    asked = request.query_params.get("lang") if request.scope["query_string"] else None
    if asked is None or asked in LANGS:
        return spoken(request)
    raise RequestError(f"there is no language '{asked}'", where="lang", do="use en or pt_BR")


def spoken(request: AnyRequest) -> Lang:
    """Choose the language for who must be told something in any case."""
    asked = request.query_params.get("lang") if request.scope["query_string"] else None
    for lang in LANGS:
        if asked == lang:
            return lang
    return preferred(header(request, b"accept-language"))

"""What a handler may use beside its request."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from clientela import config
from clientela.i18n import Lang
from clientela.serving.language import preferred
from clientela.serving.problems import AnyRequest
from clientela.serving.results import Results

LangQuery = FromQuery[Lang | None]

# HEAD answers what GET does; the server leaves the body out.
read: Callable[..., Callable[[Any], HTTPRouteHandler]] = partial(
    route, http_method=[HttpMethod.GET, HttpMethod.HEAD]
)


def results_of(request: AnyRequest) -> Results:
    """Give the published results."""
    return cast(Results, request.app.state.results)


def settings_of(request: AnyRequest) -> config.Serving:
    """Give the settings of the server."""
    return cast(config.Serving, request.app.state.settings)


def language(request: AnyRequest, lang: Lang | None) -> Lang:
    """Choose the language of names: ``?lang=``, else ``Accept-Language``, else English."""
    return lang or preferred(request.headers.get("accept-language"))

"""What a handler may use beside its request."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler

from clientela import config
from clientela.i18n import LANGS, Lang
from clientela.serving.language import preferred
from clientela.serving.problems import AnyRequest, RequestError
from clientela.serving.results import Results

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


def language(request: AnyRequest) -> Lang:
    """Choose the language of names: ``?lang=``, else ``Accept-Language``, else English.

    Raises
    ------
    RequestError
        A language we do not have.
    """
    asked = request.query_params.get("lang") if request.scope["query_string"] else None
    if asked is None:
        return preferred(request.headers.get("accept-language"))
    for lang in LANGS:
        if asked == lang:
            return lang
    raise RequestError(f"there is no language '{asked}'", where="lang", do="use en or pt_BR")

"""Every failure of a request as an RFC 9457 problem, in the shape the command line shares.

::

    RequestError                 400   cannot be answered as it stands
    ├── UnauthenticatedProblem   401   no key, or one that is not valid
    ├── ForbiddenProblem         403   a key without the scope
    ├── NotFoundProblem          404   no such customer, segment or path
    ├── MethodProblem            405
    ├── ConflictProblem          409   an earlier request is not done yet
    ├── GoneProblem              410   a run, or a person, that is no longer kept
    ├── BodyTooLargeProblem      413
    ├── UnsupportedMediaProblem  415   a body that is not JSON
    ├── UnprocessableProblem     422   a request that contradicts an earlier one
    │   └── EventsProblem              transactions that cannot be taken, with each one's fault
    └── BudgetProblem            429   the key's look-ups of the day are used up

A ``PlatformError``, such as a database out of reach, answers 503; what else goes wrong is our
fault, 500.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from clientela.errors import ClientelaError, InputError, PlatformError, StoreError
from clientela.serving.log import bind_request, trace_fault
from clientela.serving.path_ids import unfold_id

AnyRequest = Request[None, None, State]


class EventError(msgspec.Struct, frozen=True):
    """What is wrong with an event of a request, counted from 0."""

    event: int
    detail: str


class RequestError(InputError):
    """A request that cannot be answered as it stands.

    Parameters
    ----------
    headers : mapping
        What the response carries beside the problem, such as ``WWW-Authenticate``.
    """

    status: ClassVar[int] = 400
    slug = "request"
    title = "The request is wrong"

    def __init_subclass__(cls, *, status: int = 0, **own: Any) -> None:
        """Take the status from the class statement too."""
        super().__init_subclass__(**own)
        cls.status = status or cls.status

    def __init__(
        self, what: str, *, where: str = "", do: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.headers = dict(headers or {})


class UnauthenticatedProblem(
    RequestError, status=401, slug="unauthenticated", title="A valid API key is needed"
):
    """No key came with the request, or one that is not valid."""


class LoginProblem(UnauthenticatedProblem, title="A login is needed"):
    """Nobody is logged in; a browser is led to the page for it.

    Parameters
    ----------
    target : str
        The path that was asked for, to go on with.
    """

    def __init__(self, what: str, *, do: str, target: str) -> None:
        super().__init__(what, do=do)
        self.target = target


class ForbiddenProblem(RequestError, status=403, slug="forbidden", title="The key may not do this"):
    """The key is valid and may not do this."""


class NotFoundProblem(RequestError, status=404, slug="not-found", title="There is no such thing"):
    """What was asked for is not there."""


@contextmanager
def refuse_absent(where: str = "") -> Iterator[None]:
    """Answer 404 where what was asked for turns out not to be there.

    Raises
    ------
    NotFoundProblem
        It is not.
    """
    try:
        yield
    except InputError as error:
        raise NotFoundProblem(str(error.what), where=where, do=error.do) from None


class MethodProblem(
    RequestError, status=405, slug="method-not-allowed", title="The method is not allowed"
):
    """The path exists and does not know the method."""


class GoneProblem(RequestError, status=410, slug="gone", title="It is no longer kept"):
    """A cursor of a run whose customers are no longer kept, or a person who is to be erased."""


class BodyTooLargeProblem(
    RequestError, status=413, slug="body-too-large", title="The body is too large"
):
    """The body is larger than the configuration allows."""


class UnsupportedMediaProblem(
    RequestError, status=415, slug="unsupported-media-type", title="The body must be JSON"
):
    """The body is of another media type than JSON."""


class ConflictProblem(
    RequestError, status=409, slug="conflict", title="An earlier request stands in the way"
):
    """An earlier request stands in the way."""


class UnprocessableProblem(
    RequestError, status=422, slug="unprocessable", title="The request cannot be taken"
):
    """The request contradicts itself or an earlier one."""


class EventsProblem(UnprocessableProblem, title="The transactions cannot be taken"):
    """Transactions that cannot be taken: nothing of the request is.

    Parameters
    ----------
    errors : sequence of EventError
        What is wrong with each event that is wrong.
    """

    def __init__(
        self, what: str, *, where: str = "", do: str = "", errors: Sequence[EventError] = ()
    ) -> None:
        super().__init__(what, where=where, do=do)
        self.errors = list(errors)


class BudgetProblem(
    RequestError, status=429, slug="too-many-requests", title="The look-ups of the day are used up"
):
    """The look-ups of a day are used up."""


_KINDS: list[type[RequestError]] = [RequestError, *RequestError.__subclasses__()]
REFUSALS = {kind.status: kind for kind in _KINDS}
KINDS: dict[int, type[ClientelaError]] = {**REFUSALS, 500: ClientelaError, 503: StoreError}
DETAILS = {
    404: "there is no such path; /docs shows those there are",
    405: "the path does not know this method; Allow names those it does",
}


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What every failed request answers (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    exit_code: int
    retry: bool = False
    where: str = ""
    do: str = ""
    errors: list[EventError] = []


def get_status(error: ClientelaError) -> int:
    """Return the HTTP status of an error.

    Examples
    --------
    >>> get_status(NotFoundProblem("no such segment")), get_status(StoreError("no run"))
    (404, 503)
    """
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, PlatformError):
        return 503
    return 400 if isinstance(error, InputError) else 500


def respond_to_error(request: AnyRequest, error: ClientelaError) -> Response[Problem]:
    """Answer with one of our own errors; paths on the server stay in the log."""
    if get_status(error) >= 500:
        bind_request(request.scope).error("request_failed", why=str(error))
        if error.where:
            error = StoreError("the results cannot be read now; the server's log says why")
    return build_response(request, error)


def respond_to_http_error(request: AnyRequest, error: HTTPException) -> Response[Problem]:
    """Answer with an error of the framework: routing, validation, size."""
    if error.status_code >= 500:
        return respond_to_fault(request, error)
    kind = REFUSALS.get(error.status_code, RequestError)
    return build_response(request, kind(_describe(error), headers=error.headers))


def respond_to_fault(request: AnyRequest, error: Exception) -> Response[Problem]:
    """Answer with a fault of ours; the log, not the client, gets the details.

    The log names places in the code and no value: messages and local variables hold customers and
    the key of the request.
    """
    bind_request(request.scope).error("request_failed", trace=trace_fault(error))
    return build_response(request, ClientelaError("the server failed; its log says how"))


def build_response(request: AnyRequest, error: ClientelaError) -> Response[Problem]:
    """Build the response that carries the problem of an error."""
    status = get_status(error)
    headers = dict(error.headers) if isinstance(error, RequestError) else {}
    if status == 503:
        headers["retry-after"] = "5"
    problem = build_problem(error, request.scope["path"])
    return Response(
        problem, status_code=status, headers=headers, media_type="application/problem+json"
    )


def build_problem(error: ClientelaError, path: str) -> Problem:
    """Build the problem of an error that a request of a path met."""
    errors = error.errors if isinstance(error, EventsProblem) else []
    return Problem(
        **error.problem(), status=get_status(error), instance=unfold_id(path), errors=errors
    )


def _describe(error: HTTPException) -> str:
    """Say which part of the request is wrong, where the framework knows it."""
    extra = error.extra if isinstance(error.extra, list) else []
    parts = [f"{item.get('key', 'body')}: {item['message']}" for item in extra if "message" in item]
    return "; ".join(parts) or DETAILS.get(error.status_code, error.detail)

"""The OpenAPI 3.1 document: operations by Litestar, schemas by msgspec (ADR 13).

A route declares beside its handler what the document says of it: tag, summary, answer. The
description is the handler's docstring, the operation's id its name. Examples stand in
``examples.json`` by the name of their schema, or by that of an operation that shows another.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import resources
from typing import Any, Literal

import msgspec
from litestar import HttpMethod, Litestar, route
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import (
    Components,
    License,
    OpenAPIMediaType,
    Operation,
    Reference,
    RequestBody,
)

from clientela import __version__, config
from clientela.contract.access import Right
from clientela.contract.features import FEATURES, Feature
from clientela.i18n import t
from clientela.serving.inbox import TransactionEvent
from clientela.serving.predicting.schemas import MOST_ITEMS, PredictionItem
from clientela.serving.problems import KINDS, Problem, build_problem
from clientela.serving.response import NDJSON, PARQUET, XLSX
from clientela.serving.results import answer_from_one_run

Json = dict[str, Any]
ABOUT = """Segments, scores and features of your customers, as of the last published run.

Every answer names its run and that run's `as_of`. Every failure is a problem (RFC 9457)."""
DETAILS = {
    304: "The version named in If-None-Match still holds.",
    400: "ids: Expected `array` of length >= 1",
    401: "no API key came with the request",
    403: "the key 7f3a lacks the right 'lists'",
    404: "no transaction on record has this id",
    409: "the request with this Idempotency-Key is not done yet",
    410: "the customers of this run are no longer kept",
    413: "the body is larger than 1024 KB",
    415: "the body is declared as 'text/plain'",
    422: "2 of 500 events cannot be taken; none was",
    429: "7f3a has looked up as many persons as they may in a day",
    500: "the server failed; its log says how",
    503: "nothing is published yet",
}
FEATURE_TYPES: dict[str, Json] = {
    "int64": {"type": ["integer", "null"]},
    "float64": {"type": ["number", "null"]},
    "string": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
}
ETAG: Json = {"etag": {"description": "Version of the answer, for If-None-Match"}}
LINK: Json = {"link": {"description": 'The next page, rel="next"; absent on the last (RFC 8288)'}}
CHALLENGE: Json = {"www-authenticate": {"description": "How to authenticate (RFC 6750)"}}
RETRY: Json = {"retry-after": {"description": "Seconds until the budget of the next day"}}
LIMIT: Json = {
    "ratelimit-policy": {"description": 'Persons a day of a key or user: "persons";q=200;w=86400'},
    "ratelimit": {"description": 'What is left, and seconds to the next day: "persons";r=9;t=60'},
}
REFUSAL_HEADERS = {401: CHALLENGE, 403: CHALLENGE, 429: RETRY | LIMIT}
FILES: Json = {
    "csv": {"text/csv": {"schema": {"type": "string"}}},
    "xlsx": {XLSX: {"schema": {}}},
    "ndjson": {NDJSON: {"schema": {"type": "string"}}},
    "parquet": {PARQUET: {"schema": {}}},
}
OBJECT: Json = {"type": "object", "description": "Whatever else gets an error of its own"}
SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of `clientela keys`"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {"type": "http", "scheme": "basic", "description": "A key as the password"},
}
ANY: Literal["any"] = "any"  # right of whoever has a key or a session
Decorator = Callable[[Any], HTTPRouteHandler]


def read(
    path: str,
    *,
    right: Right | Literal["any"] | None = None,
    tag: str = "",
    one_reading: bool = False,
    **options: Any,
) -> Decorator:
    """Declare a handler of GET and HEAD; with a tag it stands in the document.

    Parameters
    ----------
    path : str
        The path, with its parameters.
    right : str, optional
        What a caller must be allowed; without it nobody is asked who they are.
    tag : str
        The operation's group in the document.
    one_reading : bool
        Whether all the answer says comes of one reading, which is of one run by itself. Others
        are answered again where a run is published while they are read.
    **options
        ``login`` where it ends a way to log in, and further options of Litestar's ``route``:
        ``summary``, ``responses`` by :func:`answers`.
    """
    methods = [HttpMethod.GET, HttpMethod.HEAD]
    declare = _declare(path, right, tag, http_method=methods, **options)
    if right is None or one_reading:
        return declare
    return lambda handler: declare(answer_from_one_run(handler))


def submit(path: str, *, right: Right | Literal["any"] | None, **options: Any) -> Decorator:
    """Declare a handler of a form that changes something: for people who are logged in alone.

    The form must carry ``csrf``, which templates have by ``csrf``; it is checked before the
    handler, which reads it by :func:`clientela.serving.sessions.get_form`. Answer with a redirect,
    status 303. Without a right it is a form of logging in, and checks itself.
    """
    handler_options = {"right": right, "form": right is not None, "login": right is None}
    handler_options["uncompressed"] = True
    return partial(route, include_in_schema=False)(
        path, opt=handler_options, http_method=HttpMethod.POST, status_code=303, **options
    )


def remove(path: str, right: Right, tag: str, *, success: int = 202, **options: Any) -> Decorator:
    """Declare a handler of DELETE; 202 says that what is asked is done later."""
    options["status_code"] = success
    return _declare(path, right, tag, http_method=HttpMethod.DELETE, **options)


def post(path: str, right: Right, tag: str, body: type, **options: Any) -> Decorator:
    """Declare a handler of POST that reads its JSON body itself, of this schema."""
    return _declare_body(path, right, tag, body, http_method=HttpMethod.POST, **options)


def replace(path: str, right: Right, tag: str, body: type, **options: Any) -> Decorator:
    """Declare a handler of PUT, as :func:`post`."""
    return _declare_body(path, right, tag, body, http_method=HttpMethod.PUT, **options)


def _declare_body(path: str, right: Right, tag: str, schema: type, **options: Any) -> Decorator:
    content = OpenAPIMediaType(schema=Reference(ref=_refer_to(schema)))

    class BodyOperation(Operation):
        """An operation whose body the handler reads from the stream."""

        def __init__(self, **fields: Any) -> None:
            request_body = RequestBody(content={"application/json": content}, required=True)
            super().__init__(**{**fields, "request_body": request_body})

    options |= {"operation_class": BodyOperation, "status_code": 200}
    return _declare(path, right, tag, schema=schema, **options)


def _declare(
    path: str,
    right: Right | Literal["any"] | None,
    tag: str,
    *,
    schema: type | None = None,
    login: bool = False,
    **options: Any,
) -> Decorator:
    security: list[dict[str, list[str]]] = (
        [{scheme: [right]} for scheme in SECURITY_SCHEMES] if right else []
    )
    # Compressed, a page would tell of its forms' tokens by its length (BREACH); answers hold none.
    handler_options = {"right": right, "schema": schema, "login": login, "uncompressed": not tag}
    return partial(route, include_in_schema=bool(tag), tags=[tag], security=security)(
        path, opt=handler_options, **options
    )


def answers(schema: type, *statuses: int, success: int = 200) -> dict[int, ResponseSpec]:
    """Describe the answer of an operation, and the refusals that only it can tell of."""
    answer = ResponseSpec(schema, generate_examples=False, description="The answer")
    return {success: answer} | dict.fromkeys(statuses, ResponseSpec(None))


def build_document(settings: config.Serving, routes: Sequence[HTTPRouteHandler]) -> Json:
    """Build the document of some routes, with the limits of these settings."""
    public = [handler for handler in routes if handler.include_in_schema]
    app = Litestar(
        route_handlers=public,
        openapi_config=OpenAPIConfig(
            title="Clientela",
            version=__version__,
            description=ABOUT,
            license=License(name="Apache-2.0", identifier="Apache-2.0"),
            use_handler_docstrings=True,
            operation_id_creator=lambda handler, method, _: _name_operation(handler, method),
            components=Components(),
        ),
    )
    document = app.openapi_schema.to_schema()
    examples = read_examples()
    for path in document["paths"].values():
        path.pop("head", None)
        for operation in path.values():
            _complete(operation)
            _add_examples(operation, examples)
    document["components"] = {
        "schemas": _build_schemas(settings, public),
        "responses": {str(status): _describe_refusal(status) for status in DETAILS},
        "securitySchemes": SECURITY_SCHEMES,
    }
    return document


def _name_operation(handler: HTTPRouteHandler, method: str) -> str:
    """Name an operation after its handler: ``get_customer`` is getCustomer."""
    first, *others = handler.handler_name.split("_")
    name = first + "".join(word.title() for word in others)
    return f"{name}Head" if method == HttpMethod.HEAD else name


def _complete(operation: Json) -> None:
    """Add what Litestar cannot know: refusals, headers and files."""
    parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    for parameter in parameters.values():
        parameter["schema"] = _without_null(parameter["schema"])
    responses = operation["responses"]
    success = min(responses)
    statuses = {int(status) for status in responses} - {int(success)} | {500}
    statuses |= {401, 403, 503} if operation.setdefault("security", []) else set()
    statuses |= {429} if {"person"} in map(set, _list_rights(operation)) else set()
    statuses |= {400} if parameters else set()
    statuses |= {400, 413, 415} if "requestBody" in operation else set()
    statuses |= {410} if "cursor" in parameters else set()
    answer = responses[success]
    answer["headers"] = _describe_headers(
        (ETAG if 304 in statuses else {})
        | (LINK if "cursor" in parameters else {})
        | (LIMIT if 429 in statuses else {})
    )
    for form in parameters.get("format", {}).get("schema", {}).get("enum", ()):
        answer["content"] |= FILES.get(form, {})
    refusals = {str(code): {"$ref": f"#/components/responses/{code}"} for code in sorted(statuses)}
    operation["responses"] = {success: answer} | refusals


def read_examples() -> Json:
    """Read the examples of bodies and answers."""
    path = resources.files("clientela.serving") / "examples.json"
    examples: Json = msgspec.json.decode(path.read_bytes())
    return examples


def _add_examples(operation: Json, examples: Json) -> None:
    """Show what is asked and answered in JSON."""
    responses, own = operation["responses"], examples.get(operation["operationId"])
    for content, other in ((operation.get("requestBody"), None), (responses[min(responses)], own)):
        media = (content or {}).get("content", {}).get("application/json")
        if media:
            example = other or examples[media["schema"]["$ref"].rpartition("/")[2]]
            media["examples"] = {"example": {"value": example}}


def _list_rights(operation: Json) -> list[list[str]]:
    return [rights for scheme in operation["security"] for rights in scheme.values()]


def _without_null(schema: Json) -> Json:
    """Drop the null of an optional parameter, which a query string cannot hold."""
    kinds = [kind for kind in schema.pop("oneOf", ()) if kind != {"type": "null"}]
    schema = (kinds[0] if kinds else {}) | schema
    if "enum" in schema:
        texts = [value for value in schema["enum"] if value is not None]
        schema |= {"type": "string", "enum": texts}
    return schema


def _build_schemas(settings: config.Serving, routes: Sequence[HTTPRouteHandler]) -> Json:
    """Build the schemas of answers and bodies, with limits and features that types cannot say."""
    bodies = [handler.opt["schema"] for handler in routes if handler.opt.get("schema")]
    described = [handler.responses for handler in routes if handler.responses]
    types = [responses[min(responses)].data_container for responses in described]
    _, schemas = msgspec.json.schema_components(
        [*types, *bodies, PredictionItem, TransactionEvent, Problem],
        ref_template=_refer_to("{name}"),
    )
    schemas["Lookup"]["properties"]["ids"]["maxItems"] = settings.max_ids
    # Any object is taken: what is wrong with one item is said beside the answers to the others.
    item = {"anyOf": [{"$ref": _refer_to(PredictionItem)}, OBJECT]}
    schemas["Predictions"]["properties"]["items"] |= {"maxItems": MOST_ITEMS, "items": item}
    events = schemas["TransactionBatch"]["properties"]["events"]
    events["items"] = {"$ref": _refer_to(TransactionEvent)}
    schemas["Customer"]["properties"]["features"] |= {
        "properties": {column.name: _describe_feature(column) for column in FEATURES},
        "required": [column.name for column in FEATURES],
        "additionalProperties": False,
    }
    return schemas


def _describe_feature(column: Feature) -> Json:
    """Describe a feature; each may be null, where a customer has too little history."""
    unit = f" Unit: {column.unit}." if column.unit else ""
    description = t(f"feature.{column.name}", "en") + unit
    return {**FEATURE_TYPES[column.dtype], "description": description}


def _describe_refusal(status: int) -> Json:
    if status == 304:
        return {"description": DETAILS[304], "headers": _describe_headers(ETAG)}
    kind = KINDS[status]
    example = build_problem(kind(DETAILS[status]), "/v1/segments/lookup")
    schema = {"$ref": _refer_to(Problem)}
    media = {"schema": schema, "examples": {"example": {"value": msgspec.to_builtins(example)}}}
    return {
        "description": kind.title,
        "headers": _describe_headers(REFUSAL_HEADERS.get(status, {})),
        "content": {"application/problem+json": media},
    }


def _describe_headers(headers: Json) -> Json:
    return {name: {**header, "schema": {"type": "string"}} for name, header in headers.items()}


def _refer_to(schema: type | str) -> str:
    name = schema if isinstance(schema, str) else schema.__name__
    return f"#/components/schemas/{name}"

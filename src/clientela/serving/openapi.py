"""The OpenAPI 3.1 document, made of the operations and of the schemas of their answers."""

from typing import Any

import msgspec

from clientela import __version__, config
from clientela.contract.features import FEATURE_COLUMNS, FeatureColumn
from clientela.i18n import t
from clientela.serving import examples
from clientela.serving.operation import CSV, Json, Operation
from clientela.serving.operations import OPERATIONS
from clientela.serving.predicting.request import MOST_ITEMS
from clientela.serving.problems import KINDS, Problem
from clientela.serving.response import XLSX

ABOUT = """Segments, scores and features of your customers, as of the last published run.

Every answer names its run and that run's `as_of`. Every failure is a problem (RFC 9457)."""

DETAILS = {
    304: "The version named in If-None-Match still holds.",
    400: "ids: Expected `array` of length >= 1",
    401: "no API key came with the request",
    403: "the key 7f3a lacks the scope 'export'",
    404: "no transaction on record has this id",
    410: "the customers of this run are no longer kept",
    413: "the body is larger than 1024 KB",
    415: "the body is declared as 'text/plain'",
    500: "the server failed; its log says how",
    503: "nothing is published yet",
}
FEATURE_TYPES: dict[str, Json] = {
    "int64": {"type": ["integer", "null"]},
    "float64": {"type": ["number", "null"]},
    "string": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
}
HEADERS: dict[str, Json] = {
    "etag": {"description": "Version of the answer, for If-None-Match"},
    "link": {"description": 'The next page, rel="next"; absent on the last (RFC 8288)'},
    "www-authenticate": {"description": "How to authenticate (RFC 6750)"},
}
OBJECT: Json = {"type": "object", "description": "Whatever else gets an error of its own"}
FILES: dict[str, Json] = {CSV: {"type": "string"}, XLSX: {}}
SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A key of `clientela keys`"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {"type": "http", "scheme": "basic", "description": "A key as the password"},
}


def document(settings: config.Serving) -> dict[str, Any]:
    """Make the document, with the limits of these settings.

    Examples
    --------
    >>> made = document(config.Serving(max_ids=500))
    >>> made["openapi"], made["components"]["schemas"]["Lookup"]["properties"]["ids"]["maxItems"]
    ('3.1.0', 500)
    """
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Clientela",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": _schemas(settings),
            "responses": {str(status): _refusal(status) for status in DETAILS},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _paths() -> Json:
    paths: dict[str, dict[str, Json]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return paths


def _schemas(settings: config.Serving) -> dict[str, Any]:
    types = [operation.answer for operation in OPERATIONS]
    types += [operation.body[0] for operation in OPERATIONS if operation.body]
    _, schemas = msgspec.json.schema_components(
        [*types, Problem], ref_template="#/components/schemas/{name}"
    )
    schemas["Lookup"]["properties"]["ids"]["maxItems"] = settings.max_ids
    schemas["Predictions"]["properties"]["items"] |= {
        "maxItems": MOST_ITEMS,
        # Any object is taken: what is wrong with one is told beside the answers to the others.
        "items": {"anyOf": [schemas["Predictions"]["properties"]["items"]["items"], OBJECT]},
    }
    schemas["Customer"]["properties"]["features"] |= {
        "properties": {column.name: _feature(column) for column in FEATURE_COLUMNS},
        "required": [column.name for column in FEATURE_COLUMNS],
        "additionalProperties": False,
    }
    return schemas


def _feature(column: FeatureColumn) -> Json:
    """Describe a feature; every one may be null, where a customer has too little history."""
    unit = f" Unit: {column.unit}." if column.unit else ""
    description = t(f"feature.{column.name}", "en") + unit
    return {**FEATURE_TYPES[column.dtype], "description": description}


def _operation(operation: Operation) -> Json:
    refusals = {*operation.refusals, 500} | ({401, 403, 503} if operation.scope else set())
    described: dict[str, object] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": list(operation.parameters),
        "responses": {
            "200": _answer(operation),
            **{str(each): {"$ref": f"#/components/responses/{each}"} for each in sorted(refusals)},
        },
        "security": _security(operation.scope),
    }
    if operation.body:
        schema, example = operation.body
        described["requestBody"] = {"required": True, "content": _json(schema, example)}
    return described


def _security(scope: str | None) -> list[Json]:
    """Name the schemes that open an operation; OpenAPI 3.1 lets any scheme list roles."""
    return [{scheme: [scope]} for scheme in SECURITY_SCHEMES] if scope else []


def _answer(operation: Operation) -> Json:
    content = _json(operation.answer, operation.example)
    content |= {media: {"schema": FILES[media]} for media in operation.files}
    return {
        "description": "The answer",
        "headers": {name: _header(name) for name in operation.headers},
        "content": content,
    }


def _header(name: str) -> Json:
    return {**HEADERS[name], "schema": {"type": "string"}}


def _json(schema: type, example: Json, kind: str = "json") -> dict[str, object]:
    reference = {"$ref": f"#/components/schemas/{schema.__name__}"}
    examples = {"example": {"value": example}}
    return {f"application/{kind}": {"schema": reference, "examples": examples}}


def _refusal(status: int) -> Json:
    if status == 304:
        return {"description": DETAILS[304], "headers": {"etag": _header("etag")}}
    kind = KINDS[status]
    example = examples.problem(status, kind.slug, kind.title, DETAILS[status])
    headers = {"www-authenticate": _header("www-authenticate")} if status in (401, 403) else {}
    return {
        "description": kind.title,
        "headers": headers,
        "content": _json(Problem, example, "problem+json"),
    }

"""The OpenAPI document says what the API does, and its page loads nothing from outside."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clientela.config import Serving
from clientela.serving import schemas
from clientela.serving.app import ROUTES
from clientela.serving.openapi import document
from clientela.serving.operations import OPERATIONS
from clientela.serving.problems import KINDS, Problem
from clientela.store import keys
from tests.chromium import Chromium
from tests.serving.conftest import Client
from tests.serving.live import live
from tests.serving.shop import NOW

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(Serving())))


def references(part: Any) -> Iterator[str]:
    """Find every $ref."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def test_every_route_is_documented_and_nothing_else() -> None:
    served = {
        (re.sub(r":\w+", "", path), str(method).lower(), handler.opt.get("scope"))
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
    }
    documented = {(each.path, each.method, each.scope) for each in OPERATIONS}
    assert {each for each in served if each[1] not in ("head", "options")} == documented


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        part = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def test_it_is_openapi_3_1_with_security_and_limits() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert set(DOCUMENT["components"]["securitySchemes"]) == {"bearer", "header", "basic"}
    lookup = document(Serving(max_ids=7))["components"]["schemas"]["Lookup"]
    assert lookup["properties"]["ids"]["maxItems"] == 7
    listing = DOCUMENT["paths"]["/v1/customers"]["get"]
    assert listing["security"] == [
        {"bearer": ["export"]},
        {"header": ["export"]},
        {"basic": ["export"]},
    ]
    assert DOCUMENT["paths"]["/health"]["get"]["security"] == []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_examples_are_of_their_schemas(operation: Any) -> None:
    msgspec.convert(operation.example, operation.answer, strict=False)
    assert set(operation.example) == {
        each.name for each in msgspec.structs.fields(operation.answer)
    }
    if operation.body:
        schema, example = operation.body
        msgspec.convert(example, schema)


def test_problems_have_examples() -> None:
    for status in KINDS:
        if status == 405:
            continue  # no documented method can meet it
        response = DOCUMENT["components"]["responses"][str(status)]
        example = response["content"]["application/problem+json"]["examples"]["example"]["value"]
        assert msgspec.convert(example, Problem).status == status


def test_every_field_of_a_request_is_described() -> None:
    for operation in OPERATIONS:
        for parameter in operation.parameters:
            assert parameter["description"]
    for field in msgspec.structs.fields(schemas.Lookup):
        assert DOCUMENT["components"]["schemas"]["Lookup"]["properties"][field.name]["description"]


def test_it_is_served(client: Client) -> None:
    answer = client.get("/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENT


def test_the_page_names_nothing_outside(client: Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"(https?:)?//", page.text)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|unsafe-eval", policy)
    (script,) = re.findall(r'src="([^"]+)"', page.text)
    served = client.get(f"/{script}")
    assert served.headers["content-type"].startswith("text/javascript")
    assert b"RapiDoc" in served.content


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_renders_in_a_browser_without_complaint(
    store_url: str, chromium: Chromium, tmp_path: Path
) -> None:
    keys.create(store_url, "tests", ["read"], NOW)
    with live(store_url) as server:
        address = f"http://127.0.0.1:{server.port}/docs"
        picture, said = chromium.screenshot(address, 1200, 1600, tmp_path / "docs.png")
    assert not said
    assert len(picture) > 50_000

"""The OpenAPI document says what the API does, and its page loads nothing from outside."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from clientela.config import Serving
from clientela.serving.app import ROUTES
from clientela.serving.openapi import build_document, read_examples
from clientela.serving.predicting.schemas import Predictions
from clientela.serving.problems import KINDS, Problem
from clientela.serving.routes import access, list_changes, proposals
from clientela.serving.routes.lookup import Lookup
from clientela.serving.routes.transactions import TransactionBatch
from clientela.store import keys
from clientela.store.audience_queries import AudienceDraft
from clientela.store.campaigns import CampaignDraft
from clientela.store.subscriptions import SubscriptionDraft
from tests.chromium import Chromium
from tests.serving.conftest import Client
from tests.serving.document import read_document
from tests.serving.live import live
from tests.serving.shop import NOW

EXAMPLES = read_examples()
DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(read_document()))


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
        (re.sub(r":\w+", "", path), str(method).lower(), handler.opt.get("right"))
        for handler in ROUTES
        for path in handler.paths
        for method in handler.http_methods
        if handler.include_in_schema and method != "HEAD"
    }
    documented = {
        (path, method, operation["security"][0]["bearer"][0] if operation["security"] else None)
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }
    assert served == documented
    assert {"/", "/docs", "/report/{name}", "/v1/openapi.json"} < {
        re.sub(r":\w+", "", path)
        for handler in ROUTES
        for path in handler.paths
        if not handler.include_in_schema
    }


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
    lookup = build_document(Serving(max_ids=7), ROUTES)["components"]["schemas"]["Lookup"]
    assert lookup["properties"]["ids"]["maxItems"] == 7
    listing = DOCUMENT["paths"]["/v1/customers"]["get"]
    assert listing["security"] == [
        {"bearer": ["lists"]},
        {"header": ["lists"]},
        {"basic": ["lists"]},
    ]
    assert DOCUMENT["paths"]["/health"]["get"]["security"] == []


@pytest.mark.parametrize(
    "handler", [handler for handler in ROUTES if handler.responses], ids=lambda it: it.handler_name
)
def test_examples_are_of_their_schemas(handler: HTTPRouteHandler) -> None:
    assert handler.responses is not None
    schema: Any = handler.responses[min(handler.responses)].data_container
    first, *others = handler.handler_name.split("_")
    operation = first + "".join(word.title() for word in others)
    example = EXAMPLES.get(operation) or EXAMPLES[schema.__name__]
    msgspec.convert(example, schema, strict=False)
    assert set(example) == {field.name for field in msgspec.structs.fields(schema)}


def test_every_example_is_shown() -> None:
    shown = [
        media["examples"]["example"]["value"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        for content in (operation.get("requestBody", {}), *operation["responses"].values())
        for media in content.get("content", {}).values()
        if "examples" in media
    ]
    assert all(example in shown for example in EXAMPLES.values())


def test_examples_of_bodies_are_of_their_schemas() -> None:
    bodies = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
        if "requestBody" in operation
    }
    schemas: dict[str, type] = {
        "lookupSegments": Lookup,
        "predictChurn": Predictions,
        "predictSegments": Predictions,
        "createAudience": AudienceDraft,
        "changeAudience": AudienceDraft,
        "createCampaign": CampaignDraft,
        "changeCampaign": CampaignDraft,
        "createSubscription": SubscriptionDraft,
        "appendTransactions": TransactionBatch,
        "createKey": access.NewKey,
        "addUser": access.NewUser,
        "changeUser": access.UserChange,
        "proposeVersion": proposals.NewProposal,
        "approveVersion": proposals.Approval,
        "refuseVersion": proposals.Refusal,
        "changeListedCustomers": list_changes.NewListChange,
    }
    assert set(bodies) == set(schemas)
    for name, body in bodies.items():
        schema = schemas[name]
        assert body["schema"]["$ref"].endswith(f"/{schema.__name__}")
        msgspec.convert(body["examples"]["example"]["value"], schema)


def test_operations_keep_their_names() -> None:
    assert {
        operation["operationId"]
        for operations in DOCUMENT["paths"].values()
        for operation in operations.values()
    } == {
        "lookupSegments",
        "lookupSegmentsByQuery",
        "readPastAtRisk",
        "listAnnotations",
        "predictChurn",
        "predictSegments",
        "eraseCustomer",
        "listKeys",
        "createKey",
        "revokeKey",
        "listUsers",
        "addUser",
        "changeUser",
        "readLog",
        "getCustomer",
        "getPerson",
        "listOrders",
        "getHistory",
        "getStanding",
        "listCustomers",
        "listActions",
        "listAudiences",
        "createAudience",
        "getAudience",
        "getSegment",
        "getValue",
        "getModels",
        "listExperiments",
        "changeAudience",
        "removeAudience",
        "appendTransactions",
        "listAudienceMembers",
        "listAudienceChanges",
        "listSegmentChanges",
        "listProgrammeChanges",
        "listActionCustomers",
        "listPropensityTargets",
        "listLikelyCustomers",
        "listFigures",
        "listFilterFields",
        "countCustomers",
        "countScores",
        "readFilterPhrase",
        "listSegments",
        "listSegmentCustomers",
        "getCase",
        "getProgramme",
        "listProposals",
        "proposeVersion",
        "approveVersion",
        "refuseVersion",
        "listProgrammeMembers",
        "listCustomersAtRisk",
        "getReport",
        "getCurrentRun",
        "listRuns",
        "getComparison",
        "suggestFilterPhrases",
        "listRiskBands",
        "listTags",
        "listLatestChanges",
        "changeListedCustomers",
        "undoListChange",
        "listRiskThresholds",
        "listRevenueHorizons",
        "listCohorts",
        "countNextOrders",
        "listTopShares",
        "listCampaigns",
        "createCampaign",
        "getCampaign",
        "changeCampaign",
        "removeCampaign",
        "listRecipes",
        "listSubscriptions",
        "createSubscription",
        "removeSubscription",
        "listRevenue",
        "listUnsoldProducts",
        "listSegmentFlows",
        "readMonitoring",
        "listProducts",
        "health",
        "ready",
    }


def test_parameters_say_their_limits() -> None:
    listing = DOCUMENT["paths"]["/v1/customers"]["get"]["parameters"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in listing}
    assert (schemas["segment"]["minimum"], schemas["segment"]["exclusiveMaximum"]) == (0, 2**31)
    assert (schemas["limit"]["minimum"], schemas["limit"]["maximum"]) == (1, 1000)
    assert schemas["format"]["enum"] == ["json", "csv", "ndjson", "parquet"]
    assert schemas["lang"]["enum"] == ["en", "pt_BR"]
    assert all("oneOf" not in schema for schema in schemas.values())


def test_problems_have_examples() -> None:
    for status in KINDS:
        if status == 405:
            continue  # no documented method can meet it
        response = DOCUMENT["components"]["responses"][str(status)]
        example = response["content"]["application/problem+json"]["examples"]["example"]["value"]
        assert msgspec.convert(example, Problem).status == status


def test_every_field_of_a_request_is_described() -> None:
    for operations in DOCUMENT["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            for parameter in operation.get("parameters", ()):
                assert parameter["description"]
    for field in msgspec.structs.fields(Lookup):
        assert DOCUMENT["components"]["schemas"]["Lookup"]["properties"][field.name]["description"]


@pytest.mark.slow
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
    store_url: str, chromium: Chromium
) -> None:
    keys.create(store_url, "tests", ["read"], NOW)
    with live(store_url) as server:
        address = f"http://127.0.0.1:{server.port}/docs"
        drawn = "document.querySelector('rapi-doc').shadowRoot.querySelectorAll('*').length > 500"
        picture, said = chromium.screenshot(address, 1200, 1600, until=drawn)
    assert not said
    assert len(picture) > 50_000

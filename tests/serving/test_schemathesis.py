"""Requests drawn from the OpenAPI document, right and wrong: no fault of ours, no surprise."""

import os
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import definitions

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys
from tests.serving import models
from tests.serving.document import read_document
from tests.serving.shop import NOW, publish_shop

assert definitions  # imported before any test: beside threads, parsing its source can fail
pytestmark = pytest.mark.slow  # together: forty seconds of drawn requests
EXAMPLES = int(os.environ.get("CLIENTELA_EXAMPLES", "15"))  # `make torture` draws more
FEW = EXAMPLES // 3  # of bodies that take long to draw, and of passwords, which take long to hash
SLOW = ("/predictions", "/keys", "/users", "/{user_id}", "/{key_id}", "/access-log")
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)


KINDS = [
    pytest.param(path, method, mode, id=f"{operation['operationId']}-{mode.value}")
    for path, operations in read_document()["paths"].items()
    for method, operation in operations.items()
    for mode in GenerationMode
    if "parameters" in operation or mode is GenerationMode.POSITIVE
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, str]]:
    """The API's own document, and the header of a key that opens all."""
    folder: Path = tmp_path_factory.mktemp("schemathesis")
    url = f"sqlite:///{folder}/results.db"
    publish_shop(url)
    for model in (models.churn_model(), models.segment_model()):
        models.keep(folder / "models", model)
    app = create_app(Serving(), url, models=folder / "models")
    document = schemathesis.openapi.from_asgi("/v1/openapi.json", app)
    return document, {
        "x-api-key": keys.create(url, "tests", ["read", "export", "privacy", "admin"], NOW)
    }


@pytest.mark.parametrize(("path", "method", "mode"), KINDS)
def test_no_request_finds_a_fault(
    api: tuple[Any, dict[str, str]], path: str, method: str, mode: GenerationMode
) -> None:
    document, headers = api
    requests = document[path][method].as_strategy(generation_mode=mode)

    @given(case=requests)
    @settings(
        max_examples=FEW if path.endswith(SLOW) else EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answered(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    answered()

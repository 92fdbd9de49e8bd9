"""Every failure of every route has one shape, and tells nobody what it should not."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import ROLES
from clientela.errors import ClientelaError, SourceError
from clientela.serving.app import ROUTES, create_app
from clientela.serving.log import trace_fault
from clientela.serving.problems import Problem
from clientela.store import keys
from clientela.store.read import Reader, open_reader
from tests.serving.at_risk import TARGET, publish_at_risk
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import NOW

LOOKUP = "/v1/segments/lookup"
PATHS = sorted({path for route in ROUTES if route.include_in_schema for path in route.paths})
HANDLED = {(how, path) for each in ROUTES for path in each.paths for how in each.http_methods}
METHODS = {
    path: next(how for how in ("GET", "POST", "PUT", "DELETE") if (how, path) in HANDLED)
    for path in PATHS
}
READ = [path for path in PATHS if METHODS[path] == "GET"]
MODELLED = (  # 404 where a run has no churn, not this action or none before it
    "/v1/churn/at-risk",
    "/v1/churn/at-risk/past",
    "/v1/actions/{action_id:str}/customers",
    "/v1/propensity/customers",
    "/v1/programme/changes",
    "/v1/segments/{segment:int}/changes",
    "/v1/audiences/{audience_id:str}/changes",
    "/v1/runs/comparison",
)
QUERIES = {
    LOOKUP: {"id": "17810"},
    "/v1/propensity/customers": {"target": TARGET},
    "/v1/filters/phrase": {"words": "champions"},
}
FALLIBLE = [path for path in READ if path not in (LOOKUP, "/health")]
OWN = re.compile(
    r"/v1/(access-log|keys|users|audiences/|tags|list-changes|recipes|subscriptions"
    r"|filters/(columns|phrase)|.*/changes)"
)
STORED = [path for path in FALLIBLE if not OWN.match(path)]  # read what a run published
JSON = {"content-type": "application/json"}


def problem_of(answer: httpx.Response, status: int) -> Problem:
    """Check the shape of a problem: that of the command line, with status and instance."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    problem = msgspec.convert(content, Problem)
    assert problem.status == status
    assert problem.instance == answer.request.url.path
    assert problem.type.startswith("urn:clientela:problem:")
    assert set(content) <= {*SourceError("w", where="x", do="y").problem(), "status", "instance"}
    return problem


def real(path: str, customer: str, audience: str = "none") -> str:
    """Fill the parameters of a path."""
    filled = re.sub(r"{(customer|key|user)_id:\w+}", customer, path)
    filled = filled.replace("{audience_id:str}", audience)
    filled = filled.replace("{version:int}", "1")
    return filled.replace("{segment:int}", "1").replace("{action_id:str}", "retention")


@pytest.fixture
def trusted(store_url: str) -> dict[str, str]:
    """The header of a key that opens every path."""
    return {"x-api-key": keys.create(store_url, "trusted", ROLES, NOW)}


@pytest.fixture(scope="module")
def opened(published: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """A database of the file's own that asks for keys, and the header that opens every path."""
    path = shutil.copy(published, tmp_path_factory.mktemp("opened") / "results.db")
    url = f"sqlite:///{path}"
    return url, {"x-api-key": keys.create(url, "trusted", ROLES, NOW)}


@pytest.fixture(scope="module")
def locked(opened: tuple[str, dict[str, str]]) -> Iterator[Client]:
    """A client without a key, where one is asked for."""
    with TestClient(create_app(Serving(), opened[0]), base_url=LOCAL) as made:
        yield made


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for method in ("DELETE", "PUT", "PATCH", "TRACE", "NONSENSE")
        for path in PATHS
        if (method, path) not in HANDLED
    ],
)
def test_a_method_that_is_not_known(shared_client: Client, path: str, method: str) -> None:
    answer = shared_client.request(method, real(path, "1"))
    problem_of(answer, 405)
    assert METHODS[path] in answer.headers["allow"]


@pytest.mark.parametrize("path", [path for path in READ if path != "/v1/access-log"])
def test_every_path_answers_head_and_options(
    client: Client, store_url: str, trusted: dict[str, str], path: str
) -> None:
    for number in (2, 3) if path in MODELLED else ():
        publish_at_risk(store_url, number)
    client.headers.update(trusted)
    audience = ""
    if "{audience_id" in path:
        posted = client.post("/v1/audiences", json={"name": "All", "filter": "segment = 1"})
        assert posted.is_success, posted.text
        audience = posted.json()["audience"]["audience_id"]
    if "{campaign_id" in path:
        posted = client.post("/v1/campaigns", json={"title": "Club"})
        assert posted.is_success, posted.text
        path = path.replace("{campaign_id:str}", posted.json()["campaign"]["campaign_id"])
    where = real(path, "17810", audience)
    query = QUERIES.get(path, {})
    whole, head = client.get(where, params=query), client.head(where, params=query)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    options = client.options(where)
    assert options.status_code == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(options.headers["allow"].split(", "))


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("/v1")])
def test_no_key(locked: Client, path: str) -> None:
    problem_of(locked.request(METHODS[path], real(path, "1")), 401)


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/customers/1/2", "/v1/runs/17", "/%ff"])
def test_a_path_that_is_not_there(shared_client: Client, path: str) -> None:
    problem_of(shared_client.get(path), 404)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "empty"),
        (b"{", "truncated"),
        (b"\xff\xfe", "invalid"),
        (b"null", "null"),
        (b"[]", "array"),
        (b"{}", "ids"),
        (b'{"ids": []}', "ids"),
        (b'{"ids": "17850"}', "ids"),
        (b'{"ids": [null]}', "ids[0]"),
        (b'{"ids": [true]}', "ids[0]"),
        (b'{"ids": [["17850"]]}', "ids[0]"),
        (b'{"ids": [1e999]}', "ids[0]"),
        (b'{"id": ["17850"]}', "id"),
        (b'{"ids": ["1"], "lang": "en"}', "lang"),
        (b'{"ids": ["\\ud800"]}', "truncated"),
        (b"[" * 200_000, "array"),
        (b'{"ids": ' * 100_000, "$"),
    ],
)
def test_a_body_that_is_not_a_look_up(shared_client: Client, body: bytes, where: str) -> None:
    problem = problem_of(shared_client.post(LOOKUP, content=body, headers=JSON), 400)
    assert where in problem.detail.replace("[...]", "[0]")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (LOOKUP, ""),
        (LOOKUP, "id=1&lang=fr"),
        ("/v1/customers", "segment=two"),
        ("/v1/customers", "segment=-1"),
        ("/v1/customers", f"segment={2**31}"),
        ("/v1/customers", "limit=0"),
        ("/v1/customers", "limit=1001"),
        ("/v1/customers", "format=xlsx"),
        ("/v1/customers", "cursor=x"),
        ("/v1/segments", "lang=pt"),
        ("/v1/customers/17810", "lang="),
    ],
)
def test_a_query_that_is_wrong(shared_client: Client, path: str, query: str) -> None:
    problem = problem_of(shared_client.get(f"{path}?{query}"), 400)
    assert query.rpartition("&")[2].partition("=")[0] in f"{problem.where} {problem.detail}"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
def test_a_body_that_is_not_declared_as_json(shared_client: Client, kind: str) -> None:
    headers = {"content-type": kind}
    problem_of(shared_client.post(LOOKUP, content=b'{"ids": ["1"]}', headers=headers), 415)


def test_json_may_be_declared_with_its_charset(client: Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(LOOKUP, content=b'{"ids": ["1"]}', headers=headers).status_code == 200


def test_a_body_that_is_too_large(store_url: str) -> None:
    app = create_app(Serving(max_body_kb=1), store_url)
    with TestClient(app, base_url=LOCAL) as client:
        fits = b'{"ids": ["%s"]}' % (b"1" * 1000)
        assert client.post(LOOKUP, content=fits, headers=JSON).status_code == 200
        problem = problem_of(client.post(LOOKUP, content=fits + b" " * 1000, headers=JSON), 413)
        assert problem.detail == "the body is larger than 1 KB"


def broken(error: Exception) -> Callable[[str], Reader]:
    """Open readers whose database answers nothing but this error."""

    def opened(url: str) -> Reader:
        reader: Any = open_reader(url)

        def fail(*_: object, **__: object) -> None:
            raise error

        for name in ("lookup", "customer", "read_list", "table", "current_run", "runs"):
            setattr(reader, name, fail)
        return reader  # type: ignore[no-any-return]

    return opened


FAULTS = [(RuntimeError("secret things"), "the server failed"), (ClientelaError("bug"), "bug")]


@pytest.fixture(scope="module", params=FAULTS, ids=lambda fault: type(fault[0]).__name__)
def faulty(
    request: pytest.FixtureRequest, opened: tuple[str, dict[str, str]]
) -> Iterator[tuple[Client, Exception, str]]:
    """A client whose database answers nothing but an error, and what is told of it."""
    (url, headers), (error, detail) = opened, request.param
    app = create_app(Serving(), url, broken(error))
    with TestClient(app, base_url=LOCAL) as client:
        client.headers.update(headers)
        yield client, error, detail


@pytest.mark.parametrize("path", [LOOKUP + "?id=1", *STORED])
def test_a_fault_of_ours_is_told_in_the_log_alone(
    faulty: tuple[Client, Exception, str], path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client, error, detail = faulty
    answer = client.get(real(path, "1"), params=QUERIES.get(path))
    problem = problem_of(answer, 500)
    assert problem.detail.startswith(detail)
    assert "secret things" not in answer.text
    logged = capsys.readouterr().err
    assert (type(error).__name__ if "secret" in str(error) else str(error)) in logged
    assert "secret things" not in logged
    assert client.headers["x-api-key"] not in logged


@pytest.fixture(scope="module")
def unreachable() -> Iterator[Client]:
    """A client of an API whose database is not there."""
    with TestClient(create_app(Serving(), "sqlite:////nowhere/results.db"), base_url=LOCAL) as made:
        yield made


@pytest.mark.parametrize("path", [LOOKUP + "?id=1", *FALLIBLE])
def test_a_database_out_of_reach(
    unreachable: Client, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = unreachable.get(real(path, "1"), params=QUERIES.get(path))
    problem = problem_of(answer, 503)
    assert "nowhere" not in problem.detail + problem.where + problem.do
    assert int(answer.headers["retry-after"]) > 0
    assert "/nowhere/results.db" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/health", "/v1/segments", "/docs", "/nowhere"])
def test_answers_carry_safe_headers(shared_client: Client, path: str) -> None:
    headers = shared_client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"  # else Chromium sends forms of origin null
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_what_is_about_persons_is_not_kept_by_caches(client: Client) -> None:
    for path in ("/v1/customers/17810", "/v1/customers", "/v1/segments/lookup?id=17810"):
        assert client.get(path).headers["cache-control"] == "no-store"


def test_a_fault_of_a_thousand_causes_is_written_down() -> None:
    last = first = ValueError("ana@example.com")
    for _ in range(2_000):
        last.__context__ = ValueError("ana@example.com")
        last = last.__context__
    last.__context__ = first  # a ring
    assert set(trace_fault(first).split("\n")) == {"ValueError"}

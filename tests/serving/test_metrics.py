"""Metrics and lines of the log: what they count and say, and whom they never name."""

import logging
import sys
from collections.abc import Iterator

import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from clientela.config import Serving
from clientela.config.monitoring import Monitoring
from clientela.contract.access import RIGHTS, ROLES
from clientela.contract.metrics import SERVER_METRICS
from clientela.monitoring.service import check_service
from clientela.serving import meter as meters
from clientela.serving.app import create_app
from clientela.serving.log import ServerLines
from clientela.serving.meter import Meter
from clientela.store import keys
from clientela.store.reader import Reader
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.shop import IDS, NOW

PERSON = "ana.silva@example.com"


def read_samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    return {(s.name, tuple(s.labels.values())): s.value for s in samples}


def test_requests_are_counted_by_operation_and_status_and_by_nobody(client: Client) -> None:
    for path in (f"/v1/customers/{IDS[0]}", f"/v1/customers/{PERSON}", f"/{PERSON}"):
        client.get(path)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = read_samples(answer.text)
    name = "clientela_http_requests_total"
    assert samples[name, ("get_customer", "200")] == 1
    assert samples[name, ("get_customer", "404")] == 1
    assert samples[name, ("unknown", "404")] == 1
    assert samples["clientela_http_request_seconds_count", ("get_customer",)] == 2
    assert samples["clientela_http_requests_in_progress", ()] == 1  # this one
    assert samples["clientela_published_customers", ()] == len(IDS)
    assert PERSON not in answer.text
    assert str(IDS[0]) not in answer.text


def test_all_that_is_declared_is_there(client: Client) -> None:
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    assert found == set(SERVER_METRICS)


def test_metrics_have_a_scope_of_their_own(store_url: str, client: Client) -> None:
    for role in ROLES:
        secret = keys.create(store_url, role, [role], NOW)
        status = client.get("/metrics", headers={"x-api-key": secret}).status_code
        assert status == (200 if "metrics" in RIGHTS[role] else 403), role


def test_recent_answers_are_judged_by_limits() -> None:
    meter = Meter(capacity=10)
    for number in range(100):
        meter.begin()
        meter.end("find", 500 if number < 3 else 200, 2.0 if number < 6 else 0.01)
    count, p95, faults, busiest = meter.describe_recent()
    assert (count, p95, faults, busiest) == (100, 2.0, 0.03, 0.1)
    text = (
        f"clientela_recent_requests {count}\nclientela_recent_p95_seconds {p95}\n"
        f"clientela_recent_error_share {faults}\nclientela_recent_busiest_share {busiest}\n"
    )
    checks = {check.name: check.state for check in check_service(text, Monitoring())}
    assert checks == {"answer_seconds": "alarm", "error_share": "alarm", "busy_share": "ok"}
    few = check_service("clientela_recent_requests 3\n", Monitoring())
    assert {check.state for check in few} == {"learning"}


def test_what_is_not_recent_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = Meter(capacity=10)
    meter.begin()
    meter.end("find", 200, 1.0)
    monkeypatch.setattr(meters, "RECENT_SECONDS", -1.0)
    assert meter.describe_recent() == (0, 0.0, 0.0, 0.0)


@pytest.fixture
def logged(store_url: str) -> Iterator[tuple[Client, str]]:
    """A server that logs each request, and a key."""
    secret = keys.create(store_url, "till", ["read", "metrics"], NOW)
    app = come_from("127.0.0.1", create_app(Serving(log_requests=True), store_url))
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as made:
        yield made, secret


def test_lines_name_request_and_user_and_no_person_or_secret(
    logged: tuple[Client, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: an id that is an e-mail in path, query and body, a key, and both in a fault."""
    client, secret = logged
    headers = {"x-api-key": secret}

    def fail(*_: object, **__: object) -> None:
        try:
            raise KeyError(f"{PERSON} {secret}")
        except KeyError as error:
            raise RuntimeError(f"of {PERSON} by {secret}") from error

    fine = client.get(f"/v1/customers/{IDS[0]}", headers=headers)
    client.post("/v1/segments/lookup", json={"ids": [PERSON]}, headers=headers)
    client.get(f"/v1/customers/{PERSON}?lang={PERSON}", headers=headers)
    client.get("/metrics", headers={"x-api-key": secret[:-2] + "xx"})
    monkeypatch.setattr(Reader, "table", fail)
    failed = client.get(f"/v1/monitoring?{PERSON}={secret}", headers=headers)
    assert failed.status_code == 500
    lines = capsys.readouterr().err.splitlines()
    assert len([line for line in lines if "event=request " in line]) == 5
    (fault,) = [line for line in lines if "event=request_failed" in line]
    for part in (failed.headers["x-request-id"], "RuntimeError", "KeyError", "read_monitoring"):
        assert part in fault
    (first,) = [line for line in lines if fine.headers["x-request-id"] in line]
    key_id = secret.split("_")[1]
    for part in ("operation=get_customer", "status=200", f"user={key_id}", "level=info"):
        assert part in first
    text = "\n".join(lines)
    for planted in (PERSON, "ana.silva", secret, secret.split("_")[2], str(IDS[0])):
        assert planted not in text


def test_uvicorn_logs_in_our_format(capsys: pytest.CaptureFixture[str]) -> None:
    source = logging.Logger("uvicorn.error")
    source.addHandler(ServerLines())
    source.warning("Invalid HTTP request received.")
    try:
        raise KeyError(PERSON)
    except KeyError:
        source.exception("Exception in ASGI application: %s", PERSON, exc_info=sys.exc_info())
    warning, error = capsys.readouterr().err.splitlines()
    assert 'level=warning event="Invalid HTTP request received." source=uvicorn.error' in warning
    assert "level=error event=server_failed" in error
    assert "KeyError" in error
    assert PERSON not in error

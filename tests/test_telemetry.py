"""Traces as a collector receives them, and what happens without one."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("opentelemetry.proto", reason="the extra otel is not installed")
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from clientela import telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SERVE = """
import sys
from pathlib import Path
from litestar.testing import TestClient
from clientela.config import Serving
from clientela.serving.app import create_app
with TestClient(create_app(Serving(log_requests=True), f"sqlite:///{sys.argv[1]}/results.db"),
                base_url="http://127.0.0.1:8000") as client:
    client.get("/v1/customers/ana@example.com", headers={"traceparent": sys.argv[2]})
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", bodies
    server.shutdown()
    server.server_close()
    thread.join()


def run_python(arguments: list[str], folder: Path, **variables: str) -> str:
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_COMPRESSION": "none", **variables}
    run = [sys.executable, *arguments]
    ended = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)
    return ended.stderr + ended.stdout


def read_spans(bodies: list[bytes]) -> dict[str, Span]:
    spans = {}
    for body in bodies:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                spans.update({span.name: span for span in scope.spans})
    return spans


def test_a_refused_run_is_one_trace_without_its_file(
    collector: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    url, bodies = collector
    (tmp_path / "ana@example.com.csv").write_text("a,b\n1,2\n")
    command = ["-m", "clientela", "run", "ana@example.com.csv"]
    said = run_python(command, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url, TRACEPARENT=PARENT)
    spans = read_spans(bodies)
    root, read = spans["clientela run"], spans["read"]
    assert root.trace_id.hex() == PARENT.split("-")[1]
    assert root.parent_span_id.hex() == PARENT.split("-")[2]
    assert read.parent_span_id == root.span_id
    assert (root.status.code, read.status.code) == (2, 2)
    assert b"ana@example.com" not in b"".join(bodies)
    assert f"trace_id={PARENT.split('-')[1]}" in said


def test_a_request_is_a_span_by_its_operation(
    collector: tuple[str, list[bytes]], tmp_path: Path
) -> None:
    url, bodies = collector
    arguments = ["-c", SERVE, str(tmp_path), PARENT]
    said = run_python(arguments, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url)
    span = read_spans(bodies)["get_customer"]
    assert span.trace_id.hex() == PARENT.split("-")[1]
    assert {each.key for each in span.attributes} >= {"clientela.request_id", "error.type"}
    assert b"ana@example.com" not in b"".join(bodies)
    assert f"trace_id={PARENT.split('-')[1]}" in said


def test_without_a_collector_nothing_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, clientela.cli; clientela.cli.main(['keys', 'list']);"
        "print('opentelemetry' in sys.modules)"
    )
    assert run_python(["-c", code], tmp_path).strip().endswith("False")


def test_a_collector_that_is_away_changes_no_answer(tmp_path: Path) -> None:
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    said = run_python(["-m", "clientela", "keys", "list"], tmp_path, **away)
    assert "Traceback" not in said
    assert "there is no results database yet" in said
    assert said.count("event=traces_not_sent") == 1
    assert len(said.splitlines()) == 2


def test_a_caller_and_a_token_stand_in_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    handler = telemetry._SayOnce()
    for name, said in (
        ("opentelemetry.trace.propagation", "traceparent header exceeded the maximum length"),
        ("opentelemetry.exporter.otlp", "Max retries exceeded with url: /?token=s3cret/v1/traces"),
        ("opentelemetry.exporter.otlp", "again"),
    ):
        handler.handle(logging.makeLogRecord({"name": name, "msg": said}))
    (line,) = capsys.readouterr().err.splitlines()
    assert "Max retries" in line
    assert "s3cret" not in line

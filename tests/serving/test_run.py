"""The server as a process: starting, serving while runs are published, stopping."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from clientela.config import Serving
from clientela.errors import ConfigError, PlatformError, StoreError
from clientela.serving.run import serve
from clientela.store import keys
from clientela.store.publish import publish
from tests.serving.live import Live, live
from tests.serving.models import churn_model, keep, segment_model
from tests.serving.shop import IDS, NOW, publish_shop, record, segment_of, segments

LOOKUP = "/v1/segments/lookup"


def nothing(_: str) -> None:
    """Take an announcement."""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_that_it_is_open_and_stops_quietly(
    store_url: str, how: signal.Signals
) -> None:
    with live(store_url) as server:
        assert f"http://127.0.0.1:{server.port}/docs" in server.said
        assert "everybody on this machine may read" in server.said
        assert server.get("/ready")[0] == 200
        code, written = server.stop(how)
    assert code == 0
    assert "event=stopped" in written
    assert "Traceback" not in written


def test_it_can_be_stopped_before_it_is_ready(store_url: str) -> None:
    with live(store_url) as server:
        assert server.stop()[0] == 0


def test_keys_are_never_written(store_url: str) -> None:
    secret = keys.create(store_url, "tests", ["read"], NOW)
    with live(store_url) as server:
        assert "everybody" not in server.said
        assert server.get("/v1/segments", authorization=f"Bearer {secret}")[0] == 200
        assert server.get("/v1/customers", authorization=f"Bearer {secret}")[0] == 403
        assert server.get("/v1/segments", authorization=f"Bearer {secret}x")[0] == 401
        assert server.get("/v1/segments", **{"x-api-key": secret + "x"})[0] == 401
        code, written = server.stop()
    assert code == 0
    assert secret not in server.said + written
    assert secret[-30:] not in server.said + written


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what happens within seconds."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


class Hammer(threading.Thread):
    """A client that looks up without pause on one connection and keeps what went wrong."""

    def __init__(self, server: Live) -> None:
        super().__init__()
        self.server = server
        self.stopping = threading.Event()
        self.answers = 0
        self.runs: list[str] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        body = json.dumps({"ids": IDS[:10]})
        with self.server.connect() as connection:
            while not self.stopping.is_set():
                connection.request("POST", LOOKUP, body, {"content-type": "application/json"})
                answer = connection.getresponse()
                self._check(answer.status, json.loads(answer.read()))
                self.answers += 1

    def _check(self, status: int, content: dict[str, object]) -> None:
        run_id = str(content.get("run_id"))
        if not self.runs or self.runs[-1] != run_id:
            self.runs.append(run_id)
        results = content.get("results", [])
        assert isinstance(results, list)
        number = int(run_id[-6:]) if status == 200 else 0
        right = [segment_of(each, shift=number - 1) for each in IDS[:10]]
        if status != 200 or [each["segment"] for each in results] != right:
            self.wrong.append(str(content))


def test_new_runs_are_served_at_once_without_a_failed_request(store_url: str) -> None:
    with live(store_url) as server:
        hammers = [Hammer(server) for _ in range(3)]
        for hammer in hammers:
            hammer.start()
        wait_until(lambda: all(hammer.answers for hammer in hammers))
        for number in (2, 3, 4):
            publish_shop(store_url, number, shift=number - 1)
            time.sleep(0.3)
        for hammer in hammers:
            hammer.stopping.set()
            hammer.join(30)
        last = server.get("/v1/runs/current")[1]["run_id"]
    assert [hammer.wrong for hammer in hammers] == [[], [], []]
    for hammer in hammers:
        assert hammer.runs == [f"20111210T{number:06d}" for number in (1, 2, 3, 4)]
    assert all(hammer.answers > 20 for hammer in hammers)
    assert last == "20111210T000004"


def test_several_workers_serve_one_address(store_url: str) -> None:
    with live(store_url, workers=2) as server:
        assert {server.get("/ready")[0] for _ in range(8)} == {200}
        code, written = server.stop()
    assert code == 0
    assert "Traceback" not in written


def publish_many(url: str, number: int, customers: int) -> None:
    """Publish a run so large that no buffer between server and client takes its CSV."""
    ids = [str(10_000_000 + each) for each in range(customers)]
    country = ["x" * 500] * customers
    rows = pa.table({"customer_id": ids, "segment": [1] * customers, "country": country})
    publish(url, record(number), {"customers": rows, "segments": segments()}, keep_runs=1)


def test_a_download_that_breaks_off_does_not_look_whole(store_url: str) -> None:
    publish_many(store_url, 2, 20_000)
    with live(store_url) as server, server.connect() as connection:
        connection.request("GET", "/v1/customers?format=csv")
        answer = connection.getresponse()
        assert answer.read(10_000)
        publish_many(store_url, 3, 1)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
        assert server.get("/ready")[0] == 200


def test_a_download_under_way_is_finished_before_the_server_stops(store_url: str) -> None:
    publish_many(store_url, 2, 20_000)
    with live(store_url) as server, server.connect() as connection:
        connection.request("GET", "/v1/customers?format=csv")
        answer = connection.getresponse()
        begun = answer.read(10_000)
        server.process.send_signal(signal.SIGTERM)
        whole = begun + answer.read()
        assert whole.count(b"\r\n") == 20_001
        assert server.process.wait(30) == 0


def test_a_huge_body_is_refused_before_it_is_read(store_url: str) -> None:
    with live(store_url) as server, socket.create_connection(("127.0.0.1", server.port)) as raw:
        head = f"POST {LOOKUP} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        raw.sendall(f"{head}content-length: {10**12}\r\n\r\n".encode())
        raw.sendall(b" " * 2**21)
        assert raw.recv(20).startswith(b"HTTP/1.1 413")


def test_it_waits_for_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    with live(url) as server:
        assert "/ready tells when they can" in server.said
        assert server.get("/ready")[0] == 503
        publish_shop(url)
        assert server.get("/ready")[0] == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])  # noqa: S104 - what is tested
def test_beyond_loopback_it_does_not_start_without_a_key(store_url: str, host: str) -> None:
    with pytest.raises(ConfigError, match="loopback") as refusal:
        serve(Serving(host=host, port=0), store_url, announce=nothing)
    assert refusal.value.exit_code == 2


def test_beyond_loopback_a_key_is_enough(store_url: str) -> None:
    keys.create(store_url, "tests", ["read"], NOW)
    with pytest.raises(PlatformError, match="cannot listen"):  # this address is nobody's
        serve(Serving(host="192.0.2.1", port=0), store_url, announce=nothing)


def test_beyond_loopback_it_does_not_start_while_keys_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refusal:
        serve(Serving(host="192.0.2.1"), f"sqlite:///{tmp_path}/absent.db", announce=nothing)
    assert refusal.value.exit_code == 3


def test_an_address_that_is_taken_is_told(store_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PlatformError, match="cannot listen") as refusal:
            serve(Serving(port=port), store_url, announce=nothing)
    assert (refusal.value.exit_code, refusal.value.where) == (3, f"127.0.0.1:{port}")


MODULES = """
import sys
from litestar.testing import TestClient
from clientela.config import Serving
from clientela.serving.app import create_app
with TestClient(create_app(Serving(), sys.argv[1]), base_url="http://127.0.0.1") as client:
    for path in sys.argv[2:]:
        assert client.get(path).status_code == 200, path
heavy = "sklearn lightgbm pyspark ibis duckdb pyarrow pandas scipy alembic xlsxwriter babel"
heavy = set(heavy.split())
print(sorted(heavy & set(sys.modules)), sorted(m for m in sys.modules if ".models" in m))
"""


def test_the_process_loads_no_training_code(store_url: str) -> None:
    paths = [
        *(f"{LOOKUP}?id=17810&id={each}" for each in range(50)),
        "/v1/customers/17810",
        "/v1/customers?format=csv",
        "/v1/segments/1/customers?format=csv",
        "/v1/programme?lang=pt_BR",
        "/v1/programme/members",
        "/v1/report",
        "/v1/runs/current",
        "/docs",
    ]
    command = [sys.executable, "-c", MODULES, store_url, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == "[] []\n", ran.stdout + ran.stderr


PREDICTING = """
import sys
from pathlib import Path
from litestar.testing import TestClient
from clientela.config import Serving
from clientela.serving.app import create_app
app = create_app(Serving(), sys.argv[1], models=Path(sys.argv[2]))
line = {"order_id": 1, "ordered_local": "2011-12-01T09:30:00", "amount": 20}
with TestClient(app, base_url="http://127.0.0.1") as client:
    for kind in ("churn", "segments"):
        items = [{"id": "17810"}, {"transactions": [line]}]
        answer = client.post(f"/v1/{kind}/predictions", json={"items": items})
        assert [each["error"] for each in answer.json()["results"]] == [None, None], answer.text
heavy = set("sklearn lightgbm pyspark ibis clientela.segments.fit".split())
print(sorted(heavy & set(sys.modules)))
"""


def test_predicting_loads_what_the_model_needs_and_nothing_that_learns(
    store_url: str, tmp_path: Path
) -> None:
    for model in (churn_model(), segment_model()):
        keep(tmp_path / "models", model)
    command = [sys.executable, "-c", PREDICTING, store_url, str(tmp_path / "models")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == "[]\n", ran.stdout + ran.stderr

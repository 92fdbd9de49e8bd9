"""The client walks pages, waits for a busy server, and says problems in the server's words."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pyarrow.parquet as pq
import pytest

from clientela import client as module
from clientela.client import Client
from clientela.errors import InputError, PlatformError
from clientela.store import keys
from tests.serving.live import live
from tests.serving.shop import IDS, NOW, publish_shop, segment_of


def test_it_reads_a_live_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    url = f"sqlite:///{tmp_path_factory.mktemp('client')}/results.db"
    publish_shop(url)
    publish_shop(url, 2, shift=1)
    secret = keys.create(url, "client", ["read", "export"], NOW)
    with live(url) as server:
        client = Client(f"http://127.0.0.1:{server.port}/", secret)
        assert client.get_customer(IDS[0])["customer_id"] == IDS[0]  # slashes in it
        assert [row["id"] for row in client.look_up([*IDS[:2], "x"])] == [*IDS[:2], "x"]
        walked = [row["customer_id"] for row in client.walk("/v1/customers", "customers", limit=7)]
        assert walked == IDS
        filtered = list(client.list_customers(filter="segment = 2", sort="-revenue"))
        assert len(filtered) == client.count_customers("segment = 2")["customers"]
        left = [row for row in client.list_changes("segments/2") if row["change"] == "left"]
        assert [row["customer_id"] for row in left] == [id_ for id_ in IDS if segment_of(id_) == 2]
        file = io.BytesIO()
        client.download_customers(file, "parquet", filter="segment = 2")
        assert pq.read_table(file).num_rows == len(filtered)
        with pytest.raises(InputError, match="try orders"):
            client.count_customers("ordes > 1")
        with pytest.raises(InputError, match="unknown, has ended"):
            Client(f"http://127.0.0.1:{server.port}", "clk_no").get("/v1/segments")


class Busy(BaseHTTPRequestHandler):
    """Answers with statuses in turn, and notes the keys that came."""

    statuses: ClassVar[list[int]] = []
    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers["authorization"])
        status = self.statuses.pop(0)
        body = b'{"detail": "busy"}'
        self.send_response(status)
        self.send_header("retry-after", "3600" if status == 429 else "0")
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def busy() -> Iterator[Client]:
    server = HTTPServer(("127.0.0.1", 0), Busy)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Busy.keys.clear()
    yield Client(f"http://127.0.0.1:{server.server_port}", "clk_1")
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_busy_server_is_asked_again(busy: Client) -> None:
    Busy.statuses[:] = [503, 502, 200]
    assert busy.get("/v1/x") == {"detail": "busy"}
    Busy.statuses[:] = [503] * module.TRIES
    with pytest.raises(PlatformError, match="busy"):
        busy.get("/v1/x")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, PlatformError), (403, InputError), (302, InputError)]
)
def test_what_waiting_does_not_help_is_said_at_once(
    busy: Client, status: int, kind: type[Exception]
) -> None:
    Busy.statuses[:] = [status]
    with pytest.raises(kind, match="busy"):
        busy.get("/v1/x")
    assert Busy.keys == ["Bearer clk_1"]  # no redirect took the key elsewhere


def test_nobody_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.0)
    with pytest.raises(PlatformError, match="cannot be reached"):
        Client("http://127.0.0.1:9").get("/v1/x")
    with pytest.raises(InputError, match="no address"):
        Client("file:///etc/passwd")


@pytest.mark.parametrize("host", ["crm.example", "10.0.0.7:8000", "127.0.0.1.example", "[::2]"])
def test_no_key_goes_unencrypted_to_another_machine(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="unencrypted") as failure:
        Client(f"http://{host}", "clk_1")
    assert "clk_1" not in f"{failure.value} {failure.value.where} {failure.value.do}"
    for this in (
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://localhost",
        f"https://{host}",
    ):
        Client(this, "clk_1")
    Client(f"http://{host}")  # without a key there is nothing to read
    Client(f"http://{host}", "clk_1", allow_http=True)
    monkeypatch.setenv("CLIENTELA_ALLOW_HTTP", "true")
    Client(f"http://{host}", "clk_1")

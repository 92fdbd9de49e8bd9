"""Webhooks: signed, in pages, tried again in order, given up, replayed; never sent inside."""

import datetime as dt
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Signer

from clientela.config import Webhook, parse_settings
from clientela.errors import ConfigError, InputError
from clientela.pipeline import destination, inbox, webhooks
from clientela.pipeline.destination import post_body
from clientela.pipeline.webhooks import send_deliveries
from clientela.report.terminal import run as terminal
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audiences import create_audience, remove_audience
from clientela.store.erasures import request_erasure
from clientela.store.publish import publish
from clientela.store.webhooks import list_deliveries, replay_deliveries
from tests.postgres import new_database
from tests.serving.shop import IDS, NOW, customers, publish_shop, record, segment_of, segments
from tests.shop import clientela

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _make(url: str, *, private: bool) -> Webhook:
    """Make the settings of a webhook."""
    variable = "CRM_SECRET"
    events = ("segments/2", "audiences")
    return Webhook(name="crm", url=url, events=events, secret=variable, private=private)


HOOK = _make("https://crm.example/hook?token=geheim", private=False)
Sent = list[tuple[dict[str, str], dict[str, object]]]
ENTERED = [each for each in IDS if segment_of(each, 1) == 2]
LEFT = [each for each in IDS if segment_of(each) == 2]


class Clock:
    """A clock that tests move."""

    now = NOW + dt.timedelta(minutes=1)

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_SECRET", SECRET)


def _publish_two(url: str) -> None:
    publish_shop(url)
    create_audience(url, AudienceDraft("Loyal", "segment = 2"), "ana", NOW)
    tables = {"customers": customers(1), "segments": segments()}
    publish(url, record(2), tables, webhooks={HOOK.name: HOOK.events})


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/r.db"
    _publish_two(made)
    return made


class Sink:
    """Stands for the address: answers with a status, keeps what came."""

    def __init__(self, status: int = 204) -> None:
        self.status, self.sent = status, Sent()

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
        assert (url, private) == (HOOK.url, False)
        self.sent.append((dict(headers), json.loads(body)))
        return self.status

    def data(self) -> list[dict[str, object]]:
        return [body["data"] for _, body in self.sent]  # type: ignore[misc]


@contextmanager
def _listen(status: int) -> Iterator[tuple[int, list[tuple[bytes, dict[str, str]]]]]:
    received: list[tuple[bytes, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append((body, dict(self.headers)))
            self.send_response(status)
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_receiver_can_check_what_it_gets(url: str) -> None:
    with _listen(200) as (port, received):
        hook = _make(f"http://127.0.0.1:{port}/hook", private=True)
        clock = lambda: dt.datetime.now(dt.UTC)  # noqa: E731 - receivers refuse what is old
        assert send_deliveries(url, (hook,), clock) == {"delivered": 2, "failed": 0, "dead": 0}
    segment, audience = (Signer(SECRET).verify(body, headers) for body, headers in received)
    assert segment["type"] == "segments.changed"
    assert segment["data"]["entered"] == ENTERED
    assert segment["data"]["left"] == LEFT
    assert audience["type"] == "audiences.changed"
    assert audience["data"]["entered"] == ENTERED
    assert not {"name", "email", "Loyal"} & set(json.dumps(audience).split('"'))


@pytest.mark.parametrize("status", [302, 500])
def test_a_redirect_is_followed_no_more_than_an_error(url: str, status: int) -> None:
    with _listen(status) as (port, received):
        hook = _make(f"http://127.0.0.1:{port}/", private=True)
        assert send_deliveries(url, (hook,), Clock())["failed"] == 1
    assert len(received) == 1
    assert list_deliveries(url)[0].failure == f"status {status}"


def test_a_refused_file_of_the_inbox_holds_up_no_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []

    def send(*words: object) -> dict[str, int]:
        sent.append(words)
        return {"delivered": 1, "failed": 0, "dead": 0}

    refused = {"taken": ["b.csv"], "refused": [{"file": "a.csv", "problem": "no dates"}]}
    monkeypatch.setattr(inbox, "run_inbox", lambda *_: {"store": "", "inbox": refused})
    monkeypatch.setattr(terminal, "format_run", lambda *_, **__: "")
    monkeypatch.setattr(webhooks, "send_deliveries", send)
    config = tmp_path / "clientela.toml"
    hook = 'name = "crm"\nurl = "https://crm.example/"\nevents = ["programme"]'
    config.write_text(f'[[webhooks]]\n{hook}\nsecret = "CRM_SECRET"\n')
    ran = clientela(capsys, "run", "--inbox", "in", "-w", tmp_path / "w", "-c", config)
    assert (ran.code, len(sent)) == (2, 1)
    assert "a.csv" in ran.out


@pytest.mark.parametrize("position", ["0", str(2**63), str(2**31)])
def test_a_number_that_no_delivery_has_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], position: str
) -> None:
    assert clientela(capsys, "webhooks", "replay", position, "-w", tmp_path).code == 2


def test_an_address_may_be_written_in_portuguese(url: str) -> None:
    with _listen(200) as (port, received):
        hook = _make(f"http://127.0.0.1:{port}/ação?nome=São João", private=True)
        assert send_deliveries(url, (hook,), Clock())["delivered"] == len(received) == 2


@pytest.mark.parametrize("host", ["crm..example", "a" * 64 + ".example"])
def test_a_host_that_can_be_no_name_fails_alone(url: str, host: str) -> None:
    hook = _make(f"https://{host}/", private=False)
    assert send_deliveries(url, (hook,), Clock())["failed"] == 1
    assert list_deliveries(url)[0].failure == "UnicodeError"


def test_who_answers_a_byte_a_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination, "LONGEST_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            stream = listener.accept()[0]
            with suppress(OSError), stream:
                for _ in range(40):  # 4 s
                    stream.send(b"H")
                    time.sleep(0.1)

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises((OSError, http.client.HTTPException)):
            post_body(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {}, private=True)
        assert time.monotonic() - began < 2
        thread.join()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_fails_waits_longer_and_longer_holds_up_the_rest_and_dies(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_ATTEMPTS", 4)
    url = f"sqlite:///{tmp_path}/r.db" if database == "sqlite" else new_database()
    _publish_two(url)
    sink, clock = Sink(500), Clock()
    waits = []
    for _ in range(3):
        assert send_deliveries(url, (HOOK,), clock, sink)["failed"] == 1
        assert send_deliveries(url, (HOOK,), clock, sink)["failed"] == 0
        first, second = list_deliveries(url)
        assert second.attempts == 0
        waits.append((first.due_at - clock.now).total_seconds() / 60)
        clock.now = first.due_at
    assert waits == [5, 10, 20]
    assert send_deliveries(url, (HOOK,), clock, sink) == {"delivered": 0, "failed": 1, "dead": 1}
    assert [row.state for row in list_deliveries(url)] == ["dead", "waiting"]
    names = {headers["webhook-id"] for headers, body in sink.sent if "segments" in str(body)}
    assert len(names) == 1
    assert replay_deliveries(url, (), clock.now) == 1
    sink.status, clock.now = 200, clock.now + dt.timedelta(days=1)
    assert send_deliveries(url, (HOOK,), clock, sink)["delivered"] == 2
    with pytest.raises(InputError, match="not there"):
        replay_deliveries(url, (99,), clock.now)


def test_who_wants_no_more_is_believed_at_once(url: str) -> None:
    assert send_deliveries(url, (HOOK,), Clock(), Sink(410))["dead"] == 2


def test_a_large_change_comes_in_pages(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "PAGE_SIZE", 7)
    sink = Sink()
    send_deliveries(url, (HOOK,), Clock(), sink)
    pages = [data for data in sink.data() if data["group"] == "segments/2"]
    assert [data["is_last"] for data in pages] == [False] * (len(pages) - 1) + [True]
    assert [data["page"] for data in pages] == list(range(1, len(pages) + 1))
    assert [each for data in pages for each in data["entered"]] == ENTERED  # type: ignore[attr-defined]
    assert len({headers["webhook-id"] for headers, _ in sink.sent}) == len(sink.sent)


def test_nobody_is_sent_who_asked_to_be_erased_since(url: str) -> None:
    request_erasure(url, [ENTERED[0], LEFT[0]], "ana", NOW)
    sink = Sink()
    send_deliveries(url, (HOOK,), Clock(), sink)
    for data in sink.data():
        assert data["entered"] == ENTERED[1:]
        assert data["left"] == LEFT[1:]


def test_a_group_that_is_gone_is_given_up(url: str) -> None:
    audience = list_deliveries(url)[1].event.partition("/")[2]
    remove_audience(url, audience)
    assert send_deliveries(url, (HOOK,), Clock(), Sink()) == {
        "delivered": 1,
        "failed": 0,
        "dead": 1,
    }


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fec0::1", "::7f00:1"]
)
def test_a_name_that_leads_inside_is_refused(
    url: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def resolve(host: str, port: int, **_: object) -> list[object]:
        return [(2, 1, 6, "", (each, port)) for each in ("93.184.215.14", address)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert send_deliveries(url, (HOOK,), Clock())["failed"] == 1
    assert list_deliveries(url)[0].failure == "the name leads to a private address"


def test_the_connection_goes_to_the_address_that_was_judged(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved, connected = [], []

    def resolve(host: str, port: int, **_: object) -> list[object]:
        resolved.append(host)
        return [(2, 1, 6, "", ("93.184.215.14", port))]

    def connect(address: tuple[str, int], timeout: float) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    send_deliveries(url, (HOOK,), Clock())
    assert (resolved, connected) == (["crm.example"], [("93.184.215.14", 443)])
    assert list_deliveries(url)[0].failure == "ConnectionRefusedError"


def test_neither_secret_nor_address_is_stored(url: str, tmp_path: Path) -> None:
    send_deliveries(url, (HOOK,), Clock(), Sink(500))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in stored
    assert b"geheim" not in stored


@pytest.mark.parametrize("text", ["", "whsec_", "not base64!"])
def test_without_a_secret_nothing_begins(
    url: str, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("CRM_SECRET", text)
    with pytest.raises(ConfigError, match="no secret"):
        send_deliveries(url, (HOOK,), Clock(), Sink())


@pytest.mark.parametrize(
    ("url", "private"),
    [
        *(("http://crm.example/", False), ("https://ana:x@crm.example/", True), ("ftp://a/", True)),
        *(("https://crm.example:99999/", False), ("https://[crm/", False)),
    ],
)
def test_an_address_that_others_could_read_is_refused(url: str, private: bool) -> None:
    hook = {"name": "a", "url": url, "events": ["programme"], "secret": "A", "private": private}
    with pytest.raises(ConfigError, match="none by HTTPS"):
        parse_settings({"webhooks": [hook]})

"""Alerts from the first run that sees a cause to the first that does not, and their sending."""

import datetime as dt
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from clientela.config import Serving, Settings
from clientela.i18n import LANGS
from clientela.monitoring.check import Check
from clientela.pipeline.monitoring import monitor, refresh_run_alerts
from clientela.serving.app import create_app
from clientela.store import alerts
from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from tests.serving.conftest import LOCAL
from tests.shop import clientela
from tests.store.runs import record

pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"  # an import of Apprise
)
NOW = dt.datetime(2011, 12, 10, 14, tzinfo=dt.UTC)
ALARMS = (
    Check("data", "rows", "alarm", "count", 10.0, 100.0, 50.0, 200.0, cause="volume"),
    Check("data", "money", "alarm", "amount", 1.0, 10.0, 5.0, 20.0, cause="volume"),
    Check("drift", "drift", "alarm", "", 0.9, None, None, 0.25, "revenue"),
)


class Sink(BaseHTTPRequestHandler):
    """Keep what is posted or asked."""

    seen: list[tuple[str, str, bytes]] = []  # noqa: RUF012 - emptied by the fixture

    def do_POST(self) -> None:
        self._keep(self.rfile.read(int(self.headers["content-length"])))

    def do_GET(self) -> None:
        self._keep(b"")

    def _keep(self, body: bytes) -> None:
        self.seen.append((self.command, self.path, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")  # as Slack answers

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[HTTPServer]:
    Sink.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a run that alarms for two causes."""
    made = f"sqlite:///{tmp_path}/results.db"
    publish_checks(made, 1, ALARMS)
    return made


def publish_checks(url: str, number: int, checks: tuple[Check, ...]) -> None:
    table = arrow_table("checks", [check.row("GBP") for check in checks])
    run = record(number)
    publish(url, run, {"checks": table})
    refresh_run_alerts(url, run.run_id, table, NOW, "en")


def look(url: str, *, send: bool = False, lang: Any = "en") -> dict[str, Any]:
    return monitor(Settings(), Path(), url, NOW, lang=lang, send=send)


def test_checks_of_a_cause_make_one_alert_that_is_opened_once(url: str) -> None:
    publish_checks(url, 2, ALARMS)
    opened = alerts.list_open(url)
    assert {alert.cause for alert in opened} == {"volume", "drift"}
    assert len(opened) == 2
    assert {alert.run_id for alert in opened} == {record(1).run_id}


def test_an_alert_is_closed_where_its_cause_is_over(url: str) -> None:
    publish_checks(url, 2, ALARMS[2:])
    assert [alert.cause for alert in alerts.list_open(url)] == ["drift"]
    publish_checks(url, 3, ALARMS)
    assert [alert.position for alert in alerts.list_open(url)] == [2, 3]


def test_the_command_says_what_to_do(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = clientela(capsys, "monitor", "--store", url, "--acknowledge", "1", "--by", "Ana")
    assert shown.code == 0, shown.err
    first, second = shown.facts["alerts"]
    assert (first["acknowledged_by"], second["acknowledged_by"]) == ("Ana", None)
    assert all(alert["sentence"] and alert["advice"] for alert in (first, second))
    assert {check["name"] for check in shown.facts["checks"]} >= {"rows", "run_age"}
    refused = clientela(capsys, "monitor", "--store", url, "--silence", "9")
    assert (refused.code, "9" in refused.facts["detail"]) == (2, True)


@pytest.mark.parametrize("lang", LANGS)
def test_alerts_are_sent_once_and_the_heart_beats(
    url: str, sink: HTTPServer, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    place = f"127.0.0.1:{sink.server_port}"
    monkeypatch.setenv("CLIENTELA_ALERT_URLS", f"json://{place}/alerts")
    monkeypatch.setenv("CLIENTELA_HEARTBEAT_URL", f"http://{place}/beat")
    alerts.silence(url, 1, NOW + dt.timedelta(days=1))
    first, again = (look(url, send=True, lang=lang) for _ in range(2))
    assert (first["sent"], again["sent"]) == (1, 0)
    posted = [body.decode() for method, _, body in Sink.seen if method == "POST"]
    assert len(posted) == 1
    title = "Clientela: 1 new alert" if lang == "en" else "Clientela: 1 alerta novo"
    assert json.loads(posted[0])["title"] == title
    assert ("reference" if lang == "en" else "refer\\u00eancia") in posted[0]
    assert [path for method, path, _ in Sink.seen if method == "GET"] == ["/beat", "/beat"]


def test_a_heartbeat_alone_is_enough(
    url: str, sink: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLIENTELA_ALERT_URLS", raising=False)
    monkeypatch.setenv("CLIENTELA_HEARTBEAT_URL", f"http://127.0.0.1:{sink.server_port}/beat")
    facts = look(url, send=True)
    assert (facts["sent"], facts["heartbeat"], len(facts["alerts"])) == (0, True, 2)


def test_alerts_reach_a_mailbox(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    controller = pytest.importorskip("aiosmtpd.controller")
    messages: list[str] = []

    class Mailbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            messages.append(envelope.content.decode())
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = controller.Controller(Mailbox(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        address = f"mailto://127.0.0.1:{port}?from=clientela@shop.test&to=ana@shop.test"
        monkeypatch.setenv("CLIENTELA_ALERT_URLS", address)
        assert look(url, send=True)["sent"] == 2
    finally:
        server.stop()
    assert len(messages) == 1
    assert "To: ana@shop.test" in messages[0]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (f"slack://T1JJ3T3L2/A1BRTD4JD/{'a' * 24}/", "/hooks.slack.com/services/"),
        (f"workflows://team.example.com:443/{'a' * 32}/{'b' * 8}", "/team.example.com"),
        (f"tgram://123456789:{'a' * 35}/12315544/", "/api.telegram.org/bot"),
    ],
    ids=["Slack", "Teams", "Telegram"],
)
def test_alerts_reach_each_channel(
    address: str, path: str, url: str, sink: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each channel speaks as its service wants it; a local sink stands in for the service."""
    session = pytest.importorskip("requests").Session
    ask = session.request

    def redirect(self: Any, method: str, url: str, **options: Any) -> Any:
        here = f"http://127.0.0.1:{sink.server_port}/{url.split('//')[1]}"
        return ask(self, method, here, **options)

    monkeypatch.setattr(session, "request", redirect)
    monkeypatch.setenv("CLIENTELA_ALERT_URLS", address)
    assert look(url, send=True, lang="pt_BR")["sent"] == 2
    ((_, place, body),) = Sink.seen
    assert place.startswith(path)
    assert "alertas novos" in json.dumps(json.loads(body), ensure_ascii=False)


def test_an_address_is_never_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTELA_ALERT_URLS", "nothing://secret-token")
    with pytest.raises(Exception, match="address 1 is not understood") as caught:
        look(url, send=True)
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("CLIENTELA_ALERT_URLS", "json://127.0.0.1:9/secret-token")
    with pytest.raises(Exception, match="did not take") as caught:
        look(url, send=True)
    assert "secret" not in str(caught.value)
    assert [alert.sent_at for alert in alerts.list_open(url)] == [None, None]


@pytest.mark.parametrize("lang", LANGS)
def test_page_and_api_show_the_same(url: str, lang: str) -> None:
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        answer = client.get("/v1/monitoring", params={"lang": lang}).json()
        page = client.get("/app/monitoring", params={"lang": lang})
    assert page.status_code == 200
    assert len(answer["alerts"]) == 2
    assert len(answer["checks"]) == len(ALARMS)
    assert page.text.count("data-label=") >= 4 * len(ALARMS)  # a narrow screen has no heads
    for alert in answer["alerts"]:
        assert alert["sentence"] in page.text
        assert alert["advice"] in page.text

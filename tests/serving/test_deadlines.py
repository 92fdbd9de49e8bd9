"""Half-open and slow connections: ended, with both parsers, and nobody else is."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from clientela.config import Serving
from clientela.serving import deadlines
from clientela.serving.deadlines import DeadlineProtocol, Deadlines
from clientela.serving.run import configure, listen

pytestmark = pytest.mark.slow

LONG = 0.2  # seconds that a phase may take here
BLOCK = b"x" * 4_000_000
POST = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n"


class H11Deadlines(Deadlines, H11Protocol):
    """The same with uvicorn's other parser."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Read the body, think longer than any deadline where asked, and answer."""
    if scope["type"] == "lifespan":
        return
    while (message := await receive()).get("more_body"):
        pass
    if message["type"] == "http.disconnect":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(4 * LONG)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(20 if scope["path"] == "/large" else 0):
        await send({"type": "http.response.body", "body": BLOCK, "more_body": True})
    await send({"type": "http.response.body", "body": b"done"})


@pytest.fixture(params=[DeadlineProtocol, H11Deadlines])
def address(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[str, int]]:
    """A server of three connections an address at most, with short deadlines."""
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "SEND_SECONDS"):
        monkeypatch.setattr(deadlines, name, LONG)
    monkeypatch.setattr(deadlines, "LOOK_SECONDS", LONG / 4)
    settings = Serving(port=0, max_connections=3)
    config = configure(lambda: app, settings)
    config.http_protocol_class = config.http = request.param
    config.lifespan = "off"
    with listen(settings) as listener:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()
        server.should_exit = True
        thread.join()
    assert not Deadlines.open_connections


def _ends(connection: socket.socket, within: float = 10 * LONG) -> bool:
    """Tell whether the server ends the connection, without reading what it sends."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with contextlib.suppress(BlockingIOError):
            try:
                if connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                    return True
            except ConnectionResetError:
                return True
        time.sleep(LONG / 10)
    return False


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: a\r\n", POST])
def test_a_request_that_stops_midway_is_ended(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(sent)
        assert _ends(connection)


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n", POST])
def test_dripping_does_not_help(address: tuple[str, int], sent: bytes) -> None:
    with socket.create_connection(address) as connection, contextlib.suppress(OSError):
        connection.sendall(sent)
        for _ in range(60):
            connection.sendall(b"a")
            time.sleep(LONG / 5)
        pytest.fail("60 drops were taken")


def test_a_client_that_takes_nothing_is_ended(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        time.sleep(6 * LONG)
        taken = 0
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(1 << 20):
                taken += len(part)
        assert taken < len(BLOCK) * 20


def test_an_answer_may_take_its_time(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /slow HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 200")


def test_an_address_has_so_many_connections(address: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(socket.create_connection(address)) for _ in range(4)]
        assert _ends(many[3], within=LONG * 0.7)
        many[0].sendall(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert many[0].makefile("rb").read().startswith(b"HTTP/1.1 200")

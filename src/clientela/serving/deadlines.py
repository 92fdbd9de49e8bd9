"""Deadlines of a connection, which uvicorn lacks: on head, body and sending, and how many a client.

A connection looks at itself now and then instead of setting a timer with each request, so requests
pay nothing.
"""

import asyncio
from collections import Counter
from collections.abc import Hashable
from typing import Any, ClassVar

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from clientela.serving.addresses import is_among

# Seconds between two looks: a deadline is met within as much again
LOOK_SECONDS = 2.0
# By convention, a sixth of nginx's minute: a head is a few hundred bytes
HEAD_SECONDS = 10.0
# By convention, half of nginx's minute: a body is 1 MB by default
BODY_SECONDS = 30.0
# By convention, half of nginx's minute: a client that takes 48 KB in it takes less than 2 KB/s
SEND_SECONDS = 30.0


class ServerConfig(uvicorn.Config):
    """Uvicorn's settings, with the limits of connections.

    Parameters
    ----------
    max_connections : int
        Connections of one address at a time.
    proxies : tuple of str
        Addresses and networks whose connections carry those of many clients.
    """

    def __init__(
        self, *args: Any, max_connections: int, proxies: tuple[str, ...], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.max_connections = max_connections
        self.proxies = proxies


class Deadlines(asyncio.Protocol):
    """End a connection that stays in one phase of one request; goes before uvicorn's protocol."""

    open_connections: ClassVar[Counter[str]] = Counter()
    # Of uvicorn's protocols, whichever parser they use
    transport: asyncio.Transport
    config: uvicorn.Config
    client: tuple[str, int] | None
    flow: Any
    cycle: Any
    loop: asyncio.AbstractEventLoop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection, and end it at once where its address has too many."""
        super().connection_made(transport)
        self._resumed = 0
        self._phase: Hashable = None
        self._since = self.loop.time()
        self._address = self.client[0] if self.client else ""
        self.open_connections[self._address] += 1
        self._look()
        if isinstance(self.config, ServerConfig) and self._is_one_too_many(self.config):
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._timer.cancel()
        self._phase = None
        self.open_connections[self._address] -= 1
        if not self.open_connections[self._address]:
            del self.open_connections[self._address]
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """See that the client took something."""
        self._resumed += 1
        super().resume_writing()

    def _is_one_too_many(self, config: ServerConfig) -> bool:
        too_many = self.open_connections[self._address] > config.max_connections
        return too_many and not is_among(self._address, config.proxies)

    def _look(self) -> None:
        phase, limit = self._find_phase()
        now = self.loop.time()
        if phase != self._phase:
            self._phase, self._since = phase, now
        elif now - self._since > limit:
            self.transport.abort()
            return
        self._timer = self.loop.call_later(LOOK_SECONDS, self._look)

    def _find_phase(self) -> tuple[Hashable, float]:
        """Return what the connection waits for, told apart from the same of another request."""
        cycle = self.cycle
        if self.flow.write_paused:
            return ("send", cycle, self._resumed), SEND_SECONDS
        if cycle is None or cycle.response_complete:
            return ("head", cycle), HEAD_SECONDS
        if cycle.more_body:
            return ("body", cycle), BODY_SECONDS
        return ("answer", cycle), float("inf")


class DeadlineProtocol(Deadlines, HttpToolsProtocol):
    """HTTP by httptools, with deadlines."""

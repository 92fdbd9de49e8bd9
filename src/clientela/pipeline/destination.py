"""Sending to an address of the web, and never to a machine that nobody meant.

A name is resolved once, each of its addresses is judged, and the connection goes to an address that
was judged: who answers for the name cannot lead elsewhere in between. Redirects are not followed,
and no proxy is asked.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from string import punctuation
from urllib.parse import quote, urlsplit

TIMEOUT_S = 15.0  # Standard Webhooks asks for 15 to 30 seconds
LONGEST_S = 30.0  # all in all: who answers a byte a time would hold up all that come later
PUBLIC_V6 = ipaddress.ip_network("2000::/3")
"""What IANA gives out of IPv6: site-local, IPv4-compatible and translated addresses lie outside."""
EMBEDDING = ("2002::/16", "2001::/32")
"""Networks in there whose addresses hold one of IPv4, which may be private."""


class PrivateAddress(Exception):
    """An address that must not be sent to."""


def post_body(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
    """Send a body and return the status of the answer, whose content is not read.

    Raises
    ------
    PrivateAddress
        The name leads to an address that is not public, and ``private`` does not allow it.
    OSError, UnicodeError, http.client.HTTPException
        The host can be no name, nobody answers, or nothing that is understood.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    stream = _connect(host, port, private=private)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        if secure:
            stream = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        connection.sock = stream
        path = parts.path or "/"
        target = quote(f"{path}?{parts.query}" if parts.query else path, safe=punctuation)
        name = parts.netloc.encode("idna").decode()
        with _cut_late(stream):
            connection.request("POST", target, body, {"Host": name, **headers})
            return connection.getresponse().status
    finally:
        connection.close()
        stream.close()


@contextmanager
def _cut_late(stream: socket.socket) -> Iterator[None]:
    """Cut a connection off when the block takes too long."""

    def cut() -> None:
        with suppress(OSError):  # it was closed just now
            socket.socket.shutdown(stream, socket.SHUT_RDWR)  # TLS would say goodbye first

    timer = threading.Timer(LONGEST_S, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _connect(host: str, port: int, *, private: bool) -> socket.socket:
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    if not private and not all(is_public(address) for address in addresses):
        raise PrivateAddress
    return socket.create_connection((addresses[0], port), TIMEOUT_S)


def is_public(address: str) -> bool:
    """Check whether an address is one of the whole internet's.

    Examples
    --------
    >>> [is_public(address) for address in ("93.184.215.14", "2606:4700::1111", "10.1.2.3")]
    [True, True, False]
    >>> [is_public(address) for address in ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1")]
    [False, False, False]
    >>> [
    ...     is_public(address)
    ...     for address in ("224.0.0.1", "fe80::1%eth0", "64:ff9b::a00:1", "0.0.0.0", "fec0::1")
    ... ]
    [False, False, False, False, False]
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if parsed.version == 6:
        embeds = any(parsed in ipaddress.ip_network(net) for net in EMBEDDING)
        return parsed.is_global and parsed in PUBLIC_V6 and not embeds
    return parsed.is_global and not parsed.is_multicast

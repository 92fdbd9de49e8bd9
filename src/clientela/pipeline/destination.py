"""Sending to an address of the web, and never to a machine that nobody meant.

A name is resolved once, each of its addresses is judged, and the connection goes to an address that
was judged: who answers for the name cannot lead elsewhere in between. Redirects are not followed,
and no proxy is asked.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT_S = 15.0  # Standard Webhooks asks for 15 to 30 seconds
EMBEDDING = ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
"""IPv6 networks whose addresses hold one of IPv4, which may be private."""


class PrivateAddress(Exception):
    """An address that must not be sent to."""


def post_body(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
    """Send a body and return the status of the answer, whose content is not read.

    Raises
    ------
    PrivateAddress
        The name leads to an address that is not public, and ``private`` does not allow it.
    OSError, http.client.HTTPException
        Nobody answers, or nothing that is understood.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    stream = _connect(host, port, private=private)
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.sock = stream
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(stream, server_hostname=host)
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        connection.request("POST", target, body, {"Host": parts.netloc, **headers})
        return connection.getresponse().status
    finally:
        connection.close()
        stream.close()


def _connect(host: str, port: int, *, private: bool) -> socket.socket:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
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
    ...     for address in ("224.0.0.1", "fe80::1%eth0", "64:ff9b::a00:1", "0.0.0.0")
    ... ]
    [False, False, False, False]
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    embeds = parsed.version == 6 and any(parsed in ipaddress.ip_network(net) for net in EMBEDDING)
    return parsed.is_global and not parsed.is_multicast and not embeds

"""Addresses of clients and of this machine."""

import ipaddress
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_among(address: str, networks: tuple[str, ...]) -> bool:
    """Return whether an address lies in one of some networks.

    Examples
    --------
    >>> is_among("10.1.2.3", ("192.0.2.7", "10.0.0.0/8")), is_among("10.1.2.3", ())
    (True, False)
    >>> is_among("::ffff:10.1.2.3", ("10.0.0.0/8",)), is_among("testclient", ("10.0.0.0/8",))
    (True, False)
    """
    if not networks:
        return False
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)  # a socket for both kinds writes IPv4 so
    return any((mapped or parsed) in network for network in _parse_networks(networks))


@lru_cache(maxsize=256)  # by convention: more keys than a firm has
def _parse_networks(networks: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(network, strict=False) for network in networks)


def is_loopback(host: str) -> bool:
    """Return whether an address or name stays on this machine.

    Examples
    --------
    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "shop.example")]
    [True, True, True, False, False]
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def strip_port(host: str) -> str:
    """Take the port off a ``Host`` header.

    Examples
    --------
    >>> strip_port("127.0.0.1:8000"), strip_port("[::1]:8000"), strip_port("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    if host.endswith("]"):
        return host
    return host.rpartition(":")[0] or host

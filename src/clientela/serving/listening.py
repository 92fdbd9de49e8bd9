"""Which addresses stay on this machine."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether an address or name stays on this machine.

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


def without_port(host: str) -> str:
    """Take the port off a ``Host`` header.

    Examples
    --------
    >>> without_port("127.0.0.1:8000"), without_port("[::1]:8000"), without_port("localhost")
    ('127.0.0.1', '[::1]', 'localhost')
    """
    if host.endswith("]"):
        return host
    return host.rpartition(":")[0] or host


def url_of(host: str, port: int) -> str:
    """Write the address as a browser takes it.

    Examples
    --------
    >>> url_of("::1", 8000), url_of("127.0.0.1", 8000)
    ('http://[::1]:8000', 'http://127.0.0.1:8000')
    """
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

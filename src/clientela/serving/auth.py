"""What a request must bring before a handler sees it: a key with the route's scope, and JSON.

Keys come as ``Authorization: Bearer clk_…`` or ``X-API-Key: clk_…``; a browser asks its user and
sends the key as the password of ``Authorization: Basic``. They are checked in the store with every
request, so a revoked one is refused at once. They are never logged.
"""

import binascii
from base64 import b64decode
from collections.abc import Callable, Mapping

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from clientela.serving.listening import is_loopback, without_port
from clientela.serving.problems import Forbidden, Unauthenticated, UnsupportedMedia
from clientela.serving.results import Results
from clientela.store import keys

READ = "read"
EXPORT = "export"
Headers = Mapping[bytes, bytes]
HOW = "send Authorization: Bearer clk_… or X-API-Key: clk_…; `clientela keys create` makes one"


def gate(results: Results, *, open_without_keys: bool) -> Callable[[ASGIApp], ASGIApp]:
    """Make the middleware that stands before every route.

    Parameters
    ----------
    results : Results
        Holds the keys.
    open_without_keys : bool
        Whether everybody may read as long as no key was ever created: on loopback alone.
    """

    def before(app: ASGIApp) -> ASGIApp:
        async def stand(scope: Scope, receive: Receive, send: Send) -> None:
            needed = scope["route_handler"].opt.get("scope")
            if needed is not None:
                headers = dict(scope["headers"])
                await _admit(results, headers, needed, open_without_keys)
                if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
                    _expect_json(headers)
            await app(scope, receive, send)

        return stand

    return before


async def _admit(results: Results, headers: Headers, needed: str, open_without_keys: bool) -> None:
    secret = secret_of(headers)
    if secret is not None:
        await _check(results, headers, secret, needed)
    elif not open_without_keys or await results.ask(lambda reader: reader.has_keys()):
        raise Unauthenticated(
            "no API key came with the request", do=HOW, headers=_challenge(headers)
        )
    else:
        _expect_local(headers)


async def _check(results: Results, headers: Headers, secret: str, needed: str) -> None:
    key = await results.ask(lambda reader: keys.check(reader, secret))
    if key is None:
        raise Unauthenticated(
            "the API key is unknown or revoked",
            do=HOW,
            headers=_challenge(headers, "invalid_token"),
        )
    if needed not in key.scopes:
        raise Forbidden(
            f"the key {key.key_id} lacks the scope '{needed}'",
            do=f"use a key created with --scope {needed}",
            headers=_challenge(headers, "insufficient_scope", needed),
        )


def _challenge(headers: Headers, error: str = "", scope: str = "") -> dict[str, str]:
    """Say how to authenticate: programs by RFC 6750, pages in a browser by RFC 7617.

    A browser asks its user for the key only where it opens a page or a file, not where a script
    of the documentation asks.
    """
    if b"text/html" in headers.get(b"accept", b""):
        return {"www-authenticate": 'Basic realm="clientela", charset="UTF-8"'}
    facts = {"realm": "clientela", "error": error, "scope": scope}
    parts = ", ".join(f'{name}="{value}"' for name, value in facts.items() if value)
    return {"www-authenticate": f"Bearer {parts}"}


def secret_of(headers: Headers) -> str | None:
    """Find the key among the headers.

    Examples
    --------
    >>> secret_of({b"authorization": b"Bearer clk_1_a"}), secret_of({b"x-api-key": b"clk_2_b"})
    ('clk_1_a', 'clk_2_b')
    >>> secret_of({b"authorization": b"Basic YW5hOmNsa18zX2M="})
    'clk_3_c'
    """
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"basic":
        token = _password(token)
    elif scheme.lower() != b"bearer":
        token = headers.get(b"x-api-key", b"")
    return token.strip().decode("latin-1") or None


def _password(credentials: bytes) -> bytes:
    """Take the password of a user and password; who the user claims to be does not matter."""
    try:
        return b64decode(credentials.strip(), validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _expect_local(headers: Headers) -> None:
    """Refuse a foreign name: a page in a browser may make its own name lead to loopback."""
    host = headers.get(b"host", b"").decode("latin-1")
    if not is_loopback(without_port(host)):
        raise Forbidden(
            f"without an API key only loopback names are served, not '{host}'",
            do="create a key with `clientela keys create`, or ask by 127.0.0.1",
        )


def _expect_json(headers: Headers) -> None:
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise UnsupportedMedia(
            f"the body is declared as '{kind.decode('latin-1') or 'nothing'}'",
            do="send Content-Type: application/json",
        )

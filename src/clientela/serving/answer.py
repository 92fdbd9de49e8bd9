"""What a handler answers: content encoded once, as the ASGI messages that carry it.

The framework's own response builds several objects on the way; here a look-up of one customer would
spend a tenth of its time in them.
"""

from collections.abc import Iterable

import msgspec
from litestar.types import Receive, Scope, Send

JSON = (b"content-type", b"application/json")


class Answer:
    """A JSON answer.

    Parameters
    ----------
    content : object
        A schema of ``schemas``, encoded at once.
    headers : iterable of pairs
        Further headers, names in lower case.
    """

    __slots__ = ("_body", "_headers")

    def __init__(self, content: object, headers: Iterable[tuple[str, str]] = ()) -> None:
        self._body = msgspec.json.encode(content)
        self._headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; the server leaves the body of a HEAD out."""
        length = (b"content-length", b"%d" % len(self._body))
        headers = [JSON, length, *self._headers]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})

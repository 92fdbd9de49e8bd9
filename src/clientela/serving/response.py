"""What handlers answer: ASGI applications that send their content, encoded once.

The framework's own responses build several objects on the way; a look-up of one customer would
spend a tenth of its time in them.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

import msgspec
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

Pairs = Iterable[tuple[str, str]]
JSON = (b"content-type", b"application/json")
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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

    def __init__(self, content: object, headers: Pairs = ()) -> None:
        self._body = msgspec.json.encode(content)
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer; the server leaves the body of a HEAD out."""
        length = (b"content-length", b"%d" % len(self._body))
        await _start(send, 200, [JSON, length, *_encoded(self._headers)])
        await _part(send, self._body, more=False)


class NotModified:
    """The answer to who holds the present version already."""

    def __init__(self, headers: Pairs) -> None:
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers."""
        await _start(send, 304, _encoded(self._headers))
        await _part(send, b"", more=False)


class Download:
    """A file, sent as it is read; where reading fails midway, the transfer breaks off."""

    def __init__(self, filename: str, parts: AsyncIterator[bytes], media: str = CSV) -> None:
        disposition = f'attachment; filename="{filename}"'
        self._headers = [("content-type", media), ("content-disposition", disposition)]
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file part by part, as long as the client is there."""
        await _start(send, 200, _encoded(self._headers))
        if not (scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD"):
            await self._send_parts(receive, send)
        await _part(send, b"", more=False)

    async def _send_parts(self, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_disconnected(receive))
        try:
            async for part in self._parts:
                if gone.done():
                    return
                await _part(send, part, more=True)
        finally:
            gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _encoded(headers: Pairs) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


async def _start(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _part(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})

"""Responses as ASGI applications that send their content, encoded once.

The framework's own responses build several objects on the way; a look-up of one customer would
spend a tenth of its time in them.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta

from clientela.serving.problems import AnyRequest
from clientela.serving.request import get_header

Pairs = Iterable[tuple[str, str]]
JSON = (b"content-type", b"application/json")
CSV = "text/csv; charset=utf-8"
NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RunStamp(msgspec.Struct):
    """The run that an answer comes from, and the day that run knows."""

    run_id: Annotated[str, Meta(description="The published run that answered")]
    as_of: Annotated[dt.date, Meta(description="The day that run knows, inclusive")]


class MoneyStamp(RunStamp):
    """The run that an answer comes from, and the currency of its amounts."""

    currency: str | None


class RawJsonResponse:
    """A JSON answer.

    Parameters
    ----------
    content : object
        A schema, encoded at once.
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
        await _send_start(send, 200, [JSON, length, *_encode_headers(self._headers)])
        await _send_body(send, self._body, more=False)


class NotModifiedResponse:
    """The answer to a client that holds the present version already."""

    def __init__(self, headers: Pairs) -> None:
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers."""
        await _send_start(send, 304, _encode_headers(self._headers))
        await _send_body(send, b"", more=False)


class FileDownload:
    """A file, sent as it is read; where reading fails midway, the transfer breaks off."""

    def __init__(self, filename: str, parts: AsyncIterator[bytes], media: str = CSV) -> None:
        disposition = f'attachment; filename="{filename}"'
        self._headers = [("content-type", media), ("content-disposition", disposition)]
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file part by part, as long as the client is there."""
        await _send_start(send, 200, _encode_headers(self._headers))
        if not (scope["type"] == ScopeType.HTTP and scope["method"] == "HEAD"):
            await self._send_parts(receive, send)
        await _send_body(send, b"", more=False)

    async def _send_parts(self, receive: Receive, send: Send) -> None:
        disconnection = asyncio.create_task(_wait_for_disconnection(receive))
        try:
            async for part in self._parts:
                if disconnection.done():
                    return
                await _send_body(send, part, more=True)
        finally:
            disconnection.cancel()


def respond_by_version(request: AnyRequest, content: object, version: str) -> ASGIApp:
    """Answer with the content, or with 304 where ``If-None-Match`` names its version."""
    etag = format_etag(version)
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "Accept-Language"}
    if matches_etag(request, etag):
        return NotModifiedResponse(headers.items())
    return RawJsonResponse(content, headers.items())


def format_etag(version: str) -> str:
    """Write a version as an ETag."""
    return f'"{version}"'


def matches_etag(request: AnyRequest, etag: str) -> bool:
    """Return whether the client holds this version already."""
    header = get_header(request, b"if-none-match") or ""
    return etag in (version.strip().removeprefix("W/") for version in header.split(","))


async def _wait_for_disconnection(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _encode_headers(headers: Pairs) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


async def _send_start(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send_body(send: Send, body: bytes, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})

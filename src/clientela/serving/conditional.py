"""Answers that change only with the run: an ETag, and 304 to who holds the same."""

from litestar.types import ASGIApp

from clientela.serving.problems import AnyRequest
from clientela.serving.request_header import header
from clientela.serving.response import Answer, NotModified


def conditional(request: AnyRequest, content: object, version: str) -> ASGIApp:
    """Answer with the content, or 304 where ``If-None-Match`` names its version."""
    etag = etag_of(version)
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "Accept-Language"}
    return (
        NotModified(headers.items()) if holds(request, etag) else Answer(content, headers.items())
    )


def etag_of(version: str) -> str:
    """Write a version as an ETag."""
    return f'"{version}"'


def holds(request: AnyRequest, etag: str) -> bool:
    """Tell whether the client holds this version already."""
    held = header(request, b"if-none-match") or ""
    return etag in (each.strip().removeprefix("W/") for each in held.split(","))

"""Answers that change only with the run: an ETag, and 304 to who holds the same."""

from litestar import Response

from clientela.serving.answer import Answer
from clientela.serving.problems import AnyRequest


def conditional(request: AnyRequest, content: object, version: str) -> Answer | Response[None]:
    """Answer with the content, or 304 where ``If-None-Match`` names its version."""
    etag = f'"{version}"'
    headers = {"etag": etag, "cache-control": "private, no-cache", "vary": "Accept-Language"}
    held = request.headers.get("if-none-match", "")
    if etag in (each.strip().removeprefix("W/") for each in held.split(",")):
        return Response(None, status_code=304, headers=headers)
    return Answer(content, headers.items())

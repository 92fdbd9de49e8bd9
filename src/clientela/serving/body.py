"""Reading the body of a request, no further than allowed."""

from typing import TypeVar

import msgspec
from litestar.types import Receive

from clientela.serving.problems import BodyTooLarge, RequestError

T = TypeVar("T")


async def read_body(receive: Receive, most_bytes: int) -> bytes:
    """Read a whole body.

    Raises
    ------
    BodyTooLarge
        It goes on beyond the limit; the rest is not read.
    RequestError
        The client went away before its end.
    """
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestError("the client went away in the middle of the body")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most_bytes:
            raise BodyTooLarge(f"the body is larger than {most_bytes // 1024} KB", do="send less")
        more = message.get("more_body", False)
    return b"".join(parts)


def parse(body: bytes, kind: type[T]) -> T:
    """Decode a JSON body as a schema.

    Raises
    ------
    RequestError
        It is no JSON, or not of the schema.

    Examples
    --------
    >>> parse(b'[1, "2"]', list[int])
    Traceback (most recent call last):
    ...
    clientela.serving.problems.RequestError: Expected `int`, got `str` - at `$[1]` (body)...
    """
    if not body:
        raise RequestError("the body is empty", where="body", do='send {"ids": [...]}')
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(str(error), where="body", do="see /docs for what it holds") from None

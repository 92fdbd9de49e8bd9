"""The opaque cursor of a page of customers: where to go on, in which run and which part."""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import Meta

from clientela.serving.problems import RequestError

Text = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]  # PostgreSQL holds no NUL


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The place after a page. Clients pass it on and do not look inside.

    The part is a segment, a status of the programme, or all. It holds nothing secret and grants
    nothing: a forged one reads what its key may read anyway.
    """

    run_id: Text
    part: Annotated[int, Meta(ge=0, lt=2**31)] | Text | None
    after: Text


def encode(cursor: Cursor) -> str:
    """Write a cursor as text that is safe in a URL.

    Examples
    --------
    >>> decode(encode(Cursor("20111210T093000-5f3a", 2, "17850"))).after
    '17850'
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """Read a cursor back.

    Raises
    ------
    RequestError
        It is none of ours.
    """
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(content, type=Cursor)
    except (binascii.Error, ValueError):
        raise RequestError(
            "the cursor is not one of ours", where="cursor", do="take next_cursor as it came"
        ) from None

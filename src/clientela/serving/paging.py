"""What the answers of pages share."""

from urllib.parse import urlencode

from clientela.serving.problems import AnyRequest, RequestError


def link(request: AnyRequest, cursor: str | None) -> list[tuple[str, str]]:
    """Point to the next page (RFC 8288), with the parameters of this one."""
    if cursor is None:
        return []
    query = {**request.query_params.dict(), "cursor": [cursor]}
    return [("link", f'<{request.scope["path"]}?{urlencode(query, doseq=True)}>; rel="next"')]


def refuse_cursor(cursor: str | None) -> None:
    """Refuse a cursor where a whole list is asked for.

    Raises
    ------
    RequestError
        There is one.
    """
    if cursor is not None:
        raise RequestError("a file holds all pages", where="cursor", do="leave the cursor out")

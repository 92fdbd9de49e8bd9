"""How a reader wants pages: light or dark, and whether keys move through them."""

from typing import NamedTuple, cast
from urllib.parse import urlencode

from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from litestar.types import Scope

from clientela.serving.openapi import ANY, read
from clientela.serving.problems import AnyRequest
from clientela.serving.sessions import find_cookie

PATH = "/app/display"
TONES = ("system", "light", "dark")
KEYS = ("on", "off")
CHOICES = {"tone": TONES, "keys": KEYS}
YEAR_SECONDS = 31_536_000  # by convention: as long as browsers keep a cookie


class Display(NamedTuple):
    """What a reader chose, the first of each choice where they did not."""

    tone: str
    keys: str


def read_display(scope: Scope) -> Display:
    """Read what a reader chose from their cookies."""
    display = {name: find_cookie(scope, _name_cookie(name)) for name in CHOICES}
    return Display(
        *(
            cast(str, display[name]) if display[name] in options else options[0]
            for name, options in CHOICES.items()
        )
    )


@read(PATH, right=ANY, sync_to_thread=False)
def choose_display(request: AnyRequest) -> Response[None]:
    """Keep what a reader chose, and lead back to the page where they did."""
    query = request.query_params.dict()
    page = (query.pop("page", None) or ["today"])[0]
    cookies = [
        _build_cookie(request, name, options[0])
        for name in CHOICES
        if (options := query.pop(name, None)) and options[0] in CHOICES[name]
    ]
    target = page if f"/app/{page}" in request.app.state.page_rights else "today"
    address = f"{target}?{urlencode(query, doseq=True)}".rstrip("?")
    return Redirect(address, status_code=303, cookies=cookies)


def _name_cookie(choice: str) -> str:
    return f"clientela-{choice}"


def _build_cookie(request: AnyRequest, name: str, value: str) -> Cookie:
    is_secure = request.scope["scheme"] == "https"
    key = _name_cookie(name)
    return Cookie(
        key, value=value, max_age=YEAR_SECONDS, secure=is_secure, httponly=True, samesite="lax"
    )

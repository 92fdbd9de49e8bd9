"""Reading a request: its body no further than allowed, its headers, language and customer ids."""

from collections.abc import Sequence
from typing import Annotated, TypeVar, cast

import msgspec
from litestar.params import QueryParameter
from litestar.types import Receive

from clientela import config
from clientela.i18n import LANGS, Lang
from clientela.serving.problems import AnyRequest, BodyTooLargeProblem, RequestError
from clientela.sources.ids import normalise_id
from clientela.store.filters import PERIODS

T = TypeVar("T")
LangQuery = Annotated[
    str | None,
    QueryParameter(
        description="Language of names; else Accept-Language decides",
        schema_extra={"enum": list(LANGS)},
    ),
]
SinceQuery = Annotated[
    str | None,
    QueryParameter(
        description="An earlier run: " + ", ".join(PERIODS) + ", or a day, of which the nearest "
        "run is taken",
        schema_extra={"examples": ["30_days"]},
    ),
]


async def read_body(receive: Receive, max_bytes: int) -> bytes:
    """Read a whole body.

    Raises
    ------
    BodyTooLargeProblem
        It goes on beyond the limit; the remainder is not read.
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
        if size > max_bytes:
            raise BodyTooLargeProblem(
                f"the body is larger than {max_bytes // 1024} KB", do="send less"
            )
        more = message.get("more_body", False)
    return b"".join(parts)


async def read_own_body(request: AnyRequest) -> bytes:
    """Read the body of a request, up to the size that the configuration allows.

    Raises
    ------
    BodyTooLargeProblem, RequestError
        As :func:`read_body`.
    """
    settings = cast(config.Serving, request.app.state.settings)
    return await read_body(request.receive, settings.max_body_kb * 1024)


def parse_body(body: bytes, schema: type[T]) -> T:
    """Decode a JSON body as a schema.

    Raises
    ------
    RequestError
        It is no JSON, or not of the schema.

    Examples
    --------
    >>> parse_body(b'[1, "2"]', list[int])
    Traceback (most recent call last):
    ...
    clientela.serving.problems.RequestError: Expected `int`, got `str` - at `$[1]` (body)...
    """
    if not body:
        raise RequestError("the body is empty", where="body", do='send {"ids": [...]}')
    try:
        return msgspec.json.decode(body, type=schema)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestError(str(error), where="body", do="see /docs for what it holds") from None


def get_header(request: AnyRequest, name: bytes) -> str | None:
    """Return the first value of a header, its name in lower case; None where it is not sent.

    The framework would build an index of all headers first.
    """
    for key, value in request.scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


def check_language(request: AnyRequest, lang: str | None) -> Lang:
    """Return the language of names: ``?lang=``, else ``Accept-Language``, else English.

    Raises
    ------
    RequestError
        A language that the catalogues do not have.
    """
    if lang is None or lang in LANGS:
        return choose_language(request, lang)
    raise RequestError(f"there is no language '{lang}'", where="lang", do="use en or pt_BR")


def choose_language(request: AnyRequest, lang: str | None) -> Lang:
    """Return the language for a reader who must get an answer in any case."""
    for tag in LANGS:
        if lang == tag:
            return tag
    return parse_accept_language(get_header(request, b"accept-language"))


def parse_accept_language(accept: str | None) -> Lang:
    """Return the first language that the catalogues have; English where there is none.

    Examples
    --------
    >>> parse_accept_language("fr, pt-BR;q=0.8, en;q=0.5"), parse_accept_language("de")
    ('pt_BR', 'en')
    >>> parse_accept_language(None)
    'en'
    """
    if accept is None:
        return "en"
    weights = [_parse_weight(part) for part in accept.split(",")]
    for weight, tag in sorted(weights, key=lambda pair: -pair[0]):
        primary = tag.partition("-")[0]
        if weight > 0 and primary in ("pt", "en"):
            return "pt_BR" if primary == "pt" else "en"
    return "en"


def _parse_weight(part: str) -> tuple[float, str]:
    tag, _, quality = part.partition(";")
    try:
        return float(quality.strip().removeprefix("q=") or 1), tag.strip().lower()
    except ValueError:
        return 0.0, tag


def to_stored_id(raw: str | int | float, form: str = "") -> str:
    """Return an id as the results spell it; empty, which nobody has, where it is no id.

    Parameters
    ----------
    form : str
        How the ids of the run are written (:mod:`clientela.sources.ids`). An id that the results
        know without it is spelt already.

    Examples
    --------
    >>> to_stored_id(17850.0), to_stored_id(" 17850 "), to_stored_id("none")
    ('17850', '17850', '')
    """
    return normalise_id(raw, form) or ""


def to_stored_ids(raw: Sequence[str | int | float]) -> Sequence[str]:
    """Return ids as the results spell them; digits alone, the usual case, stay as they are.

    Examples
    --------
    >>> to_stored_ids(["17850", "13047"]), to_stored_ids(["17850", 13047.0])
    (['17850', '13047'], ['17850', '13047'])
    """
    try:
        digits = "".join(cast(Sequence[str], raw))
    except TypeError:
        digits = ""
    if digits.isascii() and digits.isdigit():
        return cast(Sequence[str], raw)
    return [to_stored_id(raw_id) for raw_id in raw]


def respell_absent(
    raw: Sequence[str | int | float], ids: Sequence[str], rows: Sequence[object], form: str
) -> dict[int, str]:
    """Return, by index, the spelling in the form of the run of ids that were not found.

    Examples
    --------
    >>> respell_absent(
    ...     ["529.982.247-25", "7"], ["529.982.247-25", "7"], [None, None], "document:11"
    ... )
    {0: '52998224725'}
    """
    absent = [index for index, row in enumerate(rows) if row is None] if form else []
    spelt = {index: to_stored_id(raw[index], form) for index in absent}
    return {index: id_ for index, id_ in spelt.items() if id_ != ids[index]}

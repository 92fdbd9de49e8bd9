"""Pages that need no run and no rights: logging in, and refusals in words."""

import re
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from clientela.contract.access import Caller
from clientela.i18n import Lang, t, translate
from clientela.serving.dashboard.frame import CONTENT_SECURITY_POLICY, find_start, load_environment
from clientela.serving.problems import AnyRequest, LoginProblem, Problem
from clientela.serving.request import choose_language, get_header
from clientela.serving.routes.report import OTHER

# A path below ours with its query: nothing that leads elsewhere or ends a header
_TARGET = re.compile(r"[\w.~-][\w.~%/+,:@!$&'()*;=?-]*", re.ASCII)
LONGEST_TARGET = 2_000  # by convention: longer addresses are cut by proxies
TITLES = (401, 403, 404, 410, 429, 503)  # what a person may meet; of others one title says enough


def render_plain(
    request: AnyRequest,
    name: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    cookies: tuple[Cookie, ...] = (),
    **content: Any,
) -> Response[str]:
    """Answer with a page without menu."""
    lang = read_language(request)
    other = OTHER[lang]
    html = (
        load_environment()
        .get_template(f"{name}.html")
        .render(
            lang=lang.replace("_", "-"),
            lang_code=lang,
            other_lang=other.replace("_", "-"),
            other_language=f"?{_with_language(request, other)}",
            root=find_root(request),
            say=lambda key, **values: t(f"login.{key}", lang, **values),
            **content,
        )
    )
    safe = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
    return Response(
        html,
        media_type=MediaType.HTML,
        status_code=status,
        headers=safe | (headers or {}),
        cookies=cookies,
    )


def read_language(request: AnyRequest) -> Lang:
    """Return the reader's language: that of the address, else of the browser."""
    return choose_language(request, request.query_params.get("lang"))


def find_root(request: AnyRequest) -> str:
    """Return the relative address of our first path, as a proxy may put us below one of its own."""
    return "../" * (request.scope["path"].count("/") - 1)


def wants_page(request: AnyRequest) -> bool:
    """Return whether a person reads the answer in a browser."""
    return "text/html" in (get_header(request, b"accept") or "")


def show_in_words(request: AnyRequest, response: Response[Problem]) -> Response[Any]:
    """Turn a problem into a page, where a person asked."""
    if not wants_page(request):
        return response
    problem, lang = response.content, read_language(request)
    status = problem.status
    caller: Caller | None = request.scope.get("auth")
    return render_plain(
        request,
        "refusal",
        status=status,
        headers=dict(response.headers),
        title=t(f"login.refused.{status if status in TITLES else 'other'}", lang),
        text=_write_sentence(problem.detail, lang),
        step=_write_sentence(problem.do, lang),
        start=find_start(caller),
        person=caller.name if caller is not None and caller.is_person else "",
        csrf=caller.csrf if caller is not None else "",
    )


def lead_to_login(request: AnyRequest, error: LoginProblem) -> Response[Any]:
    """Redirect a browser to the login, and from there to what was asked for."""
    query = {"next": check_target(error.target.removeprefix("/"))}
    language = request.query_params.get("lang")
    query |= {"lang": language} if language else {}
    address = f"{find_root(request)}app/login?{urlencode(query)}"
    if get_header(request, b"hx-request"):  # a redirect would put the page into the fragment
        return Response("", status_code=401, headers={"hx-redirect": address})
    return Redirect(address, status_code=303)


def check_target(target: str) -> str:
    r"""Return a path below ours to go on with; empty for what might lead elsewhere.

    Examples
    --------
    >>> [check_target(text) for text in ("app/risk?lang=en", "//evil.example", "a\r\nb: c")]
    ['app/risk?lang=en', '', '']
    """
    plain = _TARGET.fullmatch(target) and "//" not in target
    return target if plain and len(target) <= LONGEST_TARGET else ""


def _write_sentence(message: str, lang: Lang) -> str:
    """Write a message of an error as a page shows it, not as a line of a command does."""
    text = translate(message, lang)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _with_language(request: AnyRequest, lang: Lang) -> str:
    return urlencode({**request.query_params.dict(), "lang": [lang]}, doseq=True)

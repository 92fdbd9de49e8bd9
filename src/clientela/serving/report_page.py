"""The report as a page for a browser, with its lists to take away."""

from collections.abc import Sequence

import msgspec
from litestar import MediaType, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect

from clientela.errors import StoreError
from clientela.i18n import LANGS, Lang, t
from clientela.serving.auth import READ
from clientela.serving.conditional import etag_of, holds
from clientela.serving.problems import AnyRequest, NotFound
from clientela.serving.routes.context import api_of, language, read, spoken
from clientela.store.read import Reading, Row

HTML = MediaType.HTML
SCRIPTS = "report/"
LISTS = "lists/"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
OTHER: dict[Lang, Lang] = {"en": "pt_BR", "pt_BR": "en"}
EMPTY = """<!doctype html>
<html lang="{lang}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Clientela</title>
    <link rel="icon" href="data:,">
    <style>body {{ font: 1.1rem/1.6 sans-serif; margin: 4rem auto; max-width: 38rem }}</style>
  </head>
  <body>
    <h1>Clientela</h1>
    <p>{said}</p>
    <p>{step}</p>
    <p><a href="docs">{docs}</a></p>
  </body>
</html>
"""


class Shown:
    """The pages of the present run, each written once."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, Lang], str] = {}

    def page(self, reading: Reading[list[Row]], lang: Lang) -> str:
        """Give the page of a run's answers; those of other runs are forgotten."""
        key = (reading.run.run_id, lang)
        if key not in self._pages:
            kept = {each: text for each, text in self._pages.items() if each[0] == key[0]}
            self._pages = kept | {key: _written(reading, lang)}
        return self._pages[key]


def report_pages() -> list[HTTPRouteHandler]:
    """Make the handlers of the page, its scripts and its lists."""
    shown = Shown()

    @read("/", opt={"scope": READ}, exception_handlers={StoreError: _without_store})
    async def home(request: AnyRequest) -> Response[str]:
        """Show the report, or say why there is none."""
        lang, results = language(request), api_of(request).results
        reading = await results.ask(lambda reader: reader.answers(lang), long=True)
        if not reading.content:
            return _empty(lang, t("serving.no_report", lang))
        etag = etag_of(f"{reading.run.run_id}-{lang}-page")
        headers = {
            "etag": etag,
            "cache-control": "private, no-cache",
            "vary": "Accept-Language",
            "content-security-policy": CONTENT_SECURITY_POLICY,
        }
        if holds(request, etag):
            return Response("", status_code=304, media_type=HTML, headers=headers)
        page = await results.ask(lambda _: shown.page(reading, lang), long=True)
        return Response(page, media_type=HTML, headers=headers)

    return [home, script, list_of_page]


@read("/" + SCRIPTS + "{name:str}", sync_to_thread=True)
def script(name: FromPath[str]) -> Response[bytes]:
    """Give a script of the page."""
    from clientela.report.page import load_assets

    content = load_assets().get(name)
    if content is None:
        raise NotFound("there is no such script", where=name)
    headers = {"cache-control": "public, max-age=86400"}
    return Response(content, media_type="text/javascript; charset=utf-8", headers=headers)


@read("/" + LISTS + "{lang:str}/{file:str}", sync_to_thread=False)
def list_of_page(lang: FromPath[str], file: FromPath[str]) -> Redirect:
    """Lead from the name of a list, as the page knows it, to its address in the API."""
    name, _, form = file.rpartition(".")
    segment = name.removeprefix("segment-")
    known = {
        "insiders": "programme/members?",
        "candidates": "programme/members?status=candidate&",
        "at-risk": "churn/at-risk?",
    }
    if segment != name and segment.isascii() and segment.isdigit():
        known[name] = f"segments/{segment}/customers?"
    if name not in known or form not in ("csv", "xlsx") or lang not in LANGS:
        raise NotFound("there is no such list", where=file)
    return Redirect(f"../../v1/{known[name]}format={form}&lang={lang}")


def _written(reading: Reading[list[Row]], lang: Lang) -> str:
    from clientela.report.answer import Answer
    from clientela.report.page import PageFacts, render_page

    contents: Sequence[object] = [row["content"] for row in reading.content]
    return render_page(
        msgspec.convert(contents, list[Answer]),
        PageFacts.of(reading.run),
        lang,
        scripts=SCRIPTS,
        downloads=f"{LISTS}{lang}/",
        other_language=f"?lang={OTHER[lang]}",
    )


def _without_store(request: AnyRequest, error: StoreError) -> Response[str]:
    """Say in words that nothing can be shown yet; places on the server stay untold."""
    lang = spoken(request)
    return _empty(lang, t("serving.no_results", lang), status=503)


def _empty(lang: Lang, said: str, *, status: int = 200) -> Response[str]:
    page = EMPTY.format(
        lang=lang.replace("_", "-"),
        said=said,
        step=t("serving.run_first", lang, command="<code>clientela run</code>"),
        docs=t("serving.to_docs", lang),
    )
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY}
    return Response(page, status_code=status, media_type=HTML, headers=headers)

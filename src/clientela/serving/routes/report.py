"""The report's answers as JSON, and as a page for a browser with its lists to take away."""

from collections.abc import Sequence
from typing import Annotated, cast

import msgspec
from litestar import MediaType, Response
from litestar.params import FromPath
from litestar.response import Redirect
from litestar.types import ASGIApp
from msgspec import Meta

from clientela.errors import StoreError
from clientela.i18n import LANGS, Lang, t
from clientela.report.answer import Answer
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery, check_language, choose_language
from clientela.serving.response import RunStamp, format_etag, matches_etag, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.small_groups import find_small_names, hide_in_answers, hides_small
from clientela.store.read import Row, RunReading

HTML = MediaType.HTML
SCRIPTS = "report/"
LISTS = "lists/"
HIDDEN = "-hidden"  # of versions of a page without its small groups
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
    <meta name="color-scheme" content="light dark">
    <title>Clientela</title>
    <link rel="icon" href="data:,">
    <style>
      body {{ font: 1.1rem/1.6 sans-serif; margin: 4rem auto; max-width: 38rem; padding: 0 1rem }}
    </style>
  </head>
  <body>
    <h1>Clientela</h1>
    <p>{text}</p>
    <p>{step}</p>
    <p><a href="{root}docs">{docs}</a></p>
  </body>
</html>
"""


class ReportAnswer(RunStamp):
    """The report's answers of the published run, in one language."""

    lang: str
    answers: Annotated[
        list[Answer],
        Meta(description="In order: question, headline, value, charts, tables and caveat of each"),
    ]


@read(
    "/v1/report",
    right="aggregates",
    tag="Report",
    summary="Read the report's answers",
    responses=answers(ReportAnswer, 304, 404),
)
async def get_report(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return each question of the business with its answer, number, pictures and caveat.

    The page / shows the same.
    """
    language = check_language(request, lang)
    reading = await get_results(request).ask(lambda reader: reader.answers(language), long=True)
    run = reading.run
    if not reading.content:
        raise NotFoundProblem(
            "the published run has no report", do="publish another with `clientela run FILE`"
        )
    contents = cast(list[Answer], [row["content"] for row in reading.content])  # encoded as it is
    version = f"{run.run_id}-{language}"
    if hides_small(request):
        contents = hide_in_answers(contents, await _find_small_names(request, run.run_id))
        version += HIDDEN
    content = ReportAnswer(run.run_id, run.as_of, language, contents)
    return respond_by_version(request, content, version)


async def read_answers(request: AnyRequest, lang: Lang) -> dict[str, Answer]:
    """Read the report's answers by their keys, without small groups for who may not see them."""
    reading = await get_results(request).ask(lambda reader: reader.answers(lang), long=True)
    contents = [row["content"] for row in reading.content]
    if hides_small(request):
        answers = hide_in_answers(contents, await _find_small_names(request, reading.run.run_id))
    else:
        answers = msgspec.convert(contents, list[Answer])
    return {answer.key: answer for answer in answers}


async def _find_small_names(request: AnyRequest, run_id: str) -> frozenset[str]:
    segments = await get_results(request).ask(lambda reader: reader.table("segments", run_id))
    return find_small_names(segments.content)


class PageCache:
    """The report's pages of the present run, each rendered once.

    An erasure may take words out of a run's answers, or its map of customers.
    """

    def __init__(self) -> None:
        self._pages: dict[tuple[str, Lang, str], tuple[list[Row], str]] = {}

    def render(self, reading: RunReading[list[Row]], lang: Lang, kind: str = "") -> str:
        """Return the page of a run's answers; those of other runs are forgotten."""
        key = (reading.run.run_id, lang, kind)
        answers, text = self._pages.get(key, ([], ""))
        if not text or answers != reading.content:
            current = {page: held for page, held in self._pages.items() if page[0] == key[0]}
            text = _render_page(reading, lang)
            self._pages = current | {key: (reading.content, text)}
        return text


def _render_page(reading: RunReading[list[Row]], lang: Lang) -> str:
    from clientela.report.page import render_page

    contents: Sequence[object] = [row["content"] for row in reading.content]
    return render_page(
        msgspec.convert(contents, list[Answer]),
        reading.run,
        lang,
        scripts=SCRIPTS,
        downloads=f"{LISTS}{lang}/",
        other_language=f"?lang={OTHER[lang]}",
    )


def _explain_store_error(request: AnyRequest, error: StoreError) -> Response[str]:
    """Say in words that nothing can be shown yet; paths on the server stay in the log."""
    lang = choose_language(request, request.query_params.get("lang"))
    return render_empty(lang, t("serving.no_results", lang), status=503)


@read("/", right="aggregates", exception_handlers={StoreError: _explain_store_error})
async def show_report(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show the report, or say why there is none."""
    language, results = check_language(request, lang), get_results(request)
    reading = await results.ask(lambda reader: reader.answers(language), long=True)
    if not reading.content:
        return render_empty(language, t("serving.no_report", language))
    kind = ""
    if hides_small(request):
        kind = HIDDEN
        names = await _find_small_names(request, reading.run.run_id)
        hidden = hide_in_answers([row["content"] for row in reading.content], names)
        content: list[Row] = [{"content": msgspec.to_builtins(answer)} for answer in hidden]
        reading = RunReading(reading.run, content)
    etag = format_etag(f"{reading.run.run_id}-{language}-page{kind}")
    headers = {
        "etag": etag,
        "cache-control": "private, no-cache",
        "vary": "Accept-Language",
        "content-security-policy": CONTENT_SECURITY_POLICY,
    }
    if matches_etag(request, etag):
        return Response("", status_code=304, media_type=HTML, headers=headers)
    pages = cast(PageCache, request.app.state.report_pages)
    page = await results.ask(lambda _: pages.render(reading, language, kind), long=True)
    return Response(page, media_type=HTML, headers=headers)


def render_empty(lang: Lang, text: str, *, status: int = 200, root: str = "") -> Response[str]:
    """Answer with a page that says why there is nothing to show; ``root`` leads to our first."""
    page = EMPTY.format(
        lang=lang.replace("_", "-"),
        text=text,
        root=root,
        step=t("serving.run_first", lang, command="<code>clientela run</code>"),
        docs=t("serving.to_docs", lang),
    )
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY}
    return Response(page, status_code=status, media_type=HTML, headers=headers)


@read("/" + SCRIPTS + "{name:str}", sync_to_thread=True)
def show_script(name: FromPath[str]) -> Response[bytes]:
    """Return a script of the page."""
    from clientela.report.page import load_assets

    content = load_assets().get(name)
    if content is None:
        raise NotFoundProblem("there is no such script", where=name)
    headers = {"cache-control": "public, max-age=86400"}
    return Response(content, media_type="text/javascript; charset=utf-8", headers=headers)


@read("/" + LISTS + "{lang:str}/{file:str}", sync_to_thread=False)
def redirect_to_list(lang: FromPath[str], file: FromPath[str]) -> Redirect:
    """Redirect from the name of a list, as the page knows it, to its address in the API."""
    name, _, form = file.rpartition(".")
    segment = name.removeprefix("segment-")
    paths = {
        "insiders": "programme/members?",
        "candidates": "programme/members?status=candidate&",
        "at-risk": "churn/at-risk?",
    }
    if segment != name and segment.isascii() and segment.isdigit():
        paths[name] = f"segments/{segment}/customers?"
    if name not in paths or form not in ("csv", "xlsx") or lang not in LANGS:
        raise NotFoundProblem("there is no such list", where=file)
    return Redirect(f"../../v1/{paths[name]}format={form}&lang={lang}")

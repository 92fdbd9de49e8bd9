"""The HTML page of the report, with its scripts and style."""

import re
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from clientela.i18n import Lang, format_date, t
from clientela.report.answer import Answer, AnswerTable
from clientela.report.page.charts import embed_charts, find_wide, style_box, tabulate_chart
from clientela.report.page.layout import arrange_topics, list_method
from clientela.store.record import RunRecord

ECHARTS = "echarts-6.1.0.js"
SCRIPT = "report.js"
CODE = re.compile("`([^`]+)`")
OTHER: dict[Lang, Lang] = {"en": "pt_BR", "pt_BR": "en"}


@cache
def load_assets() -> dict[str, bytes]:
    """Return the scripts by their names on a served page."""
    folder = resources.files("clientela.report.page") / "static"
    return {
        ECHARTS: (folder / "echarts" / "echarts.min.js").read_bytes(),
        SCRIPT: (folder / "report.js").read_bytes(),
    }


@cache
def _load_style() -> str:
    """Return the style sheet, which stands inside the page."""
    file = resources.files("clientela.report.page") / "static" / "report.css"
    return file.read_text("utf-8")


def render_page(
    answers: Sequence[Answer],
    run: RunRecord,
    lang: Lang,
    *,
    scripts: str | None = None,
    downloads: str | None = None,
    other_language: str | None = None,
    summary: bool = False,
) -> str:
    """Write the page.

    Parameters
    ----------
    answers : sequence of Answer
        In the language of the page.
    run : RunRecord
        The run of the answers.
    lang : "en" or "pt_BR"
        The language.
    scripts : str, optional
        Address of the folder that serves :func:`load_assets`, with its last slash; the scripts
        stand inside the page if absent, and the page loads nothing.
    downloads : str, optional
        Address of the lists, with its last slash: a list is at ``NAME.csv`` and ``NAME.xlsx``
        below it; no list is offered if absent.
    other_language : str, optional
        Address of the page in the other language; no switch if absent.
    summary : bool
        Whether only the first pages are written, to be forwarded: bottom line, answers, caveats.
    """

    def say(key: str, **values: object) -> str:
        return t(f"report.{key}", lang, **values)

    def write_table(table: AnswerTable) -> Markup:
        html = _load_environment().get_template("table.html").render(table=table)
        return Markup(html)  # noqa: S704 - the template escapes

    topics, title = arrange_topics(answers), say("page.title", programme=run.programme_name)
    shown = [] if summary else answers
    return (
        _load_environment()
        .get_template("page.html")
        .render(
            lang=_tag_language(lang),
            other_lang=_tag_language(OTHER[lang]),
            title=title,
            subtitle=say("page.subtitle", as_of=format_date(run.as_of, lang)),
            run=run,
            bottom=next((answer for answer in answers if answer.part == "summary"), None),
            groups=topics,
            method=[] if summary else list_method(answers),
            summary=summary,
            wide=set[str]().union(*(find_wide(answer.charts) for answer in shown)),
            lists=list(dict.fromkeys(link for answer in answers for link in answer.downloads)),
            downloads=downloads,
            other_language=other_language,
            none_sign="\N{EN DASH}",
            style=Markup(_load_style()),  # noqa: S704 - our own file
            printed=_quote_css(f"{title}, {format_date(run.as_of, lang)}"),
            charts=embed_charts((chart for answer in shown for chart in answer.charts), lang),
            scripts=[] if summary else _list_scripts(scripts),
            say=say,
            table=write_table,
            box=style_box,
            numbers=lambda chart: tabulate_chart(chart, lang),
        )
    )


def _tag_language(lang: Lang) -> str:
    """Return the language as HTML and browsers write it."""
    return lang.replace("_", "-")


@cache
def _load_environment() -> Environment:
    loader = PackageLoader("clientela.report.page")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["code"] = _mark_code
    return environment


def _quote_css(text: str) -> Markup:
    """Return a text as a CSS string that cannot end it or its element."""
    letters = (item if item.isalnum() else f"\\{ord(item):x} " for item in text)
    return Markup("".join(letters))  # noqa: S704 - escaped above


def _mark_code(text: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped above


def _list_scripts(folder: str | None) -> list[tuple[str, str, bool]]:
    """Return each script: address or text, and whether it is a module.

    A text is made unable to end its element.
    """
    scripts = []
    for name, content in load_assets().items():
        text = content.decode().replace("</script", "<\\/script")
        inline = "" if folder else Markup(text)  # noqa: S704 - a file of ours that ends no element
        scripts.append((f"{folder}{name}" if folder else "", inline, name != ECHARTS))
    return scripts

"""The page of the report."""

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache

import msgspec
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from clientela.i18n import Lang, format_date, t
from clientela.report.answer import Answer, AnswerTable
from clientela.report.page.assets import ECHARTS, load_assets, load_style
from clientela.report.page.boxes import box, wide
from clientela.report.page.numbers import numbers
from clientela.store.record import PROGRAMME, RunRecord

CODE = re.compile("`([^`]+)`")
OTHER: dict[Lang, Lang] = {"en": "pt_BR", "pt_BR": "en"}


class PageFacts(msgspec.Struct, frozen=True):
    """What the page says of its run."""

    as_of: dt.date
    run_id: str
    version: str
    currency: str | None = None
    programme: str = PROGRAMME

    @classmethod
    def of(cls, run: RunRecord) -> "PageFacts":
        """Take them from the record of a run."""
        return cls(run.as_of, run.run_id, run.version, run.currency, run.programme_name)


class Script(msgspec.Struct, frozen=True):
    """A script of the page: an address, or what it says; ``module`` runs after the page."""

    src: str
    text: str
    module: bool


def render_page(
    answers: Sequence[Answer],
    facts: PageFacts,
    lang: Lang,
    *,
    scripts: str | None = None,
    downloads: str | None = None,
    other_language: str | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    answers : sequence of Answer
        In the language of the page.
    facts : Facts
        The run.
    lang : "en" or "pt_BR"
        The language.
    scripts : str, optional
        Address of the folder that serves :func:`assets`, with its last slash; the scripts stand
        inside the page if absent, and the page loads nothing.
    downloads : str, optional
        Address of the lists, with its last slash: a list is at ``NAME.csv`` and ``NAME.xlsx``
        below it; no list is offered if absent.
    other_language : str, optional
        Address of the page in the other language; no switch if absent.
    """

    def say(key: str, **values: object) -> str:
        return t(f"report.{key}", lang, **values)

    def table(of: AnswerTable) -> Markup:
        return Markup(_environment().get_template("table.html").render(table=of))  # noqa: S704

    return (
        _environment()
        .get_template("page.html")
        .render(
            lang=_tag(lang),
            other_lang=_tag(OTHER[lang]),
            title=say("page.title", programme=facts.programme),
            subtitle=say("page.subtitle", as_of=format_date(facts.as_of, lang)),
            facts=facts,
            answers=[answer for answer in answers if answer.part == "business"],
            models=[answer for answer in answers if answer.part == "models"],
            wide=set[str]().union(*(wide(answer.charts) for answer in answers)),
            lists=list(dict.fromkeys(each for answer in answers for each in answer.downloads)),
            downloads=downloads,
            other_language=other_language,
            none_sign="\N{EN DASH}",
            style=Markup(load_style()),  # noqa: S704 - our own file
            charts=_embedded(answers, lang),
            scripts=_scripts(scripts),
            say=say,
            table=table,
            box=box,
            numbers=lambda chart: numbers(chart, lang),
        )
    )


def _tag(lang: Lang) -> str:
    """Give the language as HTML and browsers write it."""
    return lang.replace("_", "-")


@cache
def _environment() -> Environment:
    loader = PackageLoader("clientela.report.page")
    made = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["code"] = _code
    return made


def _code(text: str) -> Markup:
    """Show what stands between backticks as code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped above


def _embedded(answers: Sequence[Answer], lang: Lang) -> Markup:
    """Give the charts as JSON that cannot end the element it stands in."""
    words = {name: t(f"report.page.{name}", lang) for name in ("low", "high")}
    charts = {chart.key: chart for answer in answers for chart in answer.charts}
    told = {"lang": _tag(lang), "words": words, "charts": charts}
    return Markup(msgspec.json.encode(told).decode().replace("<", "\\u003c"))  # noqa: S704


def _scripts(folder: str | None) -> list[Script]:
    """Name the scripts where they are served, or give them whole, unable to end their element."""
    listed = []
    for name, content in load_assets().items():
        text = "" if folder else Markup(content.decode().replace("</script", "<\\/script"))  # noqa: S704
        listed.append(Script(f"{folder}{name}" if folder else "", text, name != ECHARTS))
    return listed

"""The question how many are in the programme."""

from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, Axis, Chart, Figure, Series
from clientela.report.answers.known import counts, customers, members
from clientela.report.answers.rules import lists
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData


def how_many(material: ReportData, lang: Lang) -> Answer:
    """Count members, those about to leave and candidates, today and in the months before."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("how_many.question", programme=name)
    many = members(material)
    if not many:
        return Answer("how_many", question, words.say("programme.none", programme=name))
    chart = _months(material, words, name)
    return Answer(
        key="how_many",
        question=question,
        headline=_headline(material, words, name, many),
        paragraphs=_statuses(material, words),
        value=Figure(words.number(many), words.say("how_many.figure", programme=name), many),
        charts=(chart,) if chart else (),
        caveat=words.say("how_many.caveat"),
        downloads=lists(words, name),
    )


def _headline(material: ReportData, words: Formatter, name: str, many: int) -> str:
    every = customers(material)
    return words.count(
        "how_many.headline",
        many,
        programme=name,
        as_of=words.date(material.as_of),
        share=words.share(many / every if every else None),
        customers=words.number(every),
    )


def _statuses(material: ReportData, words: Formatter) -> tuple[str, ...]:
    found = counts(material)
    return tuple(
        words.count(f"how_many.{status}", found[status])
        for status in ("leaving", "candidate")
        if found.get(status)
    )


def _months(material: ReportData, words: Formatter, name: str) -> Chart | None:
    rows = sorted(material.rows("programme_months"), key=lambda row: row["as_of"])
    if len(rows) < 2:
        return None
    return Chart(
        key="members_by_month",
        title=_title(rows, words, name),
        kind="columns",
        categories=tuple(words.date(row["as_of"]) for row in rows),
        value=Axis(words.say("how_many.members"), "number"),
        series=(Series(words.say("how_many.members"), tuple(row["members"] for row in rows)),),
        note=words.say("how_many.note"),
    )


def _title(rows: list[dict[str, Any]], words: Formatter, name: str) -> str:
    first, last = rows[0]["members"], rows[-1]["members"]
    told = {
        "programme": name,
        "first": words.number(first),
        "last": words.number(last),
        "since": words.date(rows[0]["as_of"]),
    }
    if first == last:
        return words.say("how_many.same", **told)
    return words.say("how_many.more" if last > first else "how_many.fewer", **told)

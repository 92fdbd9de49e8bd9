"""The question which hypotheses hold."""

from collections import Counter
from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import (
    Answer,
    AnswerColumn,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Mark,
    Series,
)
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData

HOLDS = "holds"
UNMEASURED = "not_measurable"
SHARES = ("share", "probability")


def hypotheses(material: ReportData, lang: Lang) -> Answer:
    """List the claims with effect, interval and verdict."""
    words = make_formatter(material, lang)
    question = words.say("hypotheses.question")
    rows = material.rows("hypotheses")
    if not rows:
        return Answer("hypotheses", question, words.say("hypotheses.none"))
    verdicts = Counter(row["verdict"] for row in rows)
    if verdicts[UNMEASURED] == len(rows):
        said = _paragraphs(rows, verdicts, words)
        return Answer("hypotheses", question, words.say("hypotheses.unmeasured"), paragraphs=said)
    holds, every = verdicts[HOLDS], len(rows)
    told = {"holds": words.number(holds), "every": words.number(every)}
    chart = _chart(rows, words)
    return Answer(
        key="hypotheses",
        question=question,
        headline=words.say("hypotheses.headline", **told),
        paragraphs=_paragraphs(rows, verdicts, words),
        value=Figure(words.say("hypotheses.value", **told), words.say("hypotheses.figure"), holds),
        charts=(chart,) if chart else (),
        tables=(_table(rows, words),),
        caveat=words.say("hypotheses.caveat", programme=programme_name(material)),
    )


def _paragraphs(
    rows: list[dict[str, Any]], verdicts: Counter[str], words: Formatter
) -> tuple[str, ...]:
    said = []
    dated = [row for row in rows if row["chosen_on"] and row["tested_on"]]
    if dated:
        chosen, tested = (words.date(dated[0][name]) for name in ("chosen_on", "tested_on"))
        said.append(words.say("hypotheses.dates", chosen=chosen, tested=tested))
    if verdicts[UNMEASURED]:
        said.append(words.count("hypotheses.not_measurable", verdicts[UNMEASURED]))
    return tuple(said)


def _chart(rows: list[dict[str, Any]], words: Formatter) -> Chart | None:
    """Draw the effects of the commonest unit, with their intervals."""
    units = Counter(row["effect_unit"] for row in rows if row["effect"] is not None)
    if not units:
        return None
    unit = min(units, key=lambda one: (-units[one], str(one)))
    known = [
        (place, row)
        for place, row in enumerate(rows, start=1)
        if row["effect"] is not None and row["effect_unit"] == unit
    ]
    values, low, high = (tuple(row[name] for _, row in known) for name in ("effect", "low", "high"))
    marks = (Mark(1.0, words.say("hypotheses.no_difference")),) if unit == "ratio" else ()
    holds = sum(row["verdict"] == HOLDS for _, row in known)
    return Chart(
        key="hypotheses",
        title=words.say(
            "hypotheses.chart",
            unit=words.label("effect_unit", unit),
            holds=words.number(holds),
            every=words.number(len(known)),
        ),
        kind="intervals",
        categories=tuple(
            words.say("hypotheses.number", n=words.number(place)) for place, _ in known
        ),
        value=Axis(words.label("effect_unit", unit), "share" if unit in SHARES else "decimal"),
        series=(Series(words.say("hypotheses.effect"), values, low, high),),
        marks=marks,
        note=words.say("hypotheses.note"),
    )


def _table(rows: list[dict[str, Any]], words: Formatter) -> AnswerTable:
    columns = (
        AnswerColumn(""),
        AnswerColumn(words.say("hypotheses.claim")),
        AnswerColumn(words.say("hypotheses.effect"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
        AnswerColumn(words.say("hypotheses.p_holm"), True),
        AnswerColumn(words.say("column.verdict")),
        AnswerColumn(words.say("hypotheses.in_words")),
    )
    cells = tuple(
        (
            words.say("hypotheses.number", n=words.number(place)),
            words.of(row, "text"),
            *(_effect(row[name], row["effect_unit"], words) for name in ("effect", "low", "high")),
            words.p_value(row["p_holm"]),
            words.headed("verdict", row["verdict"]),
            words.of(row, "sentence"),
        )
        for place, row in enumerate(rows, start=1)
    )
    strong = tuple(place for place, row in enumerate(rows) if row["verdict"] == HOLDS)
    return AnswerTable("hypotheses", words.say("hypotheses.table"), columns, cells, strong)


def _effect(value: float | None, unit: str | None, words: Formatter) -> str:
    return words.share(value) if unit in SHARES else words.number(value, 2)

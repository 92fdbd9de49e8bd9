"""The question which hypotheses hold: effects, intervals, corrected p-values, verdicts."""

from collections import Counter
from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerColumn,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Mark,
    build_intervals,
    drop_absent,
)
from clientela.report.answers.figures import cite
from clientela.report.answers.queries import Rows
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

HOLDS = "holds"
UNMEASURED = "not_measurable"
SHARES = ("share", "probability")


def answer_hypotheses(data: ReportData, fmt: Formatter) -> Answer:
    """List the claims with effect, interval and verdict."""
    question = fmt.say("hypotheses.question")
    rows = [row | {"n": n} for n, row in enumerate(data.rows("hypotheses"), start=1)]
    if not rows:
        return Answer("hypotheses", question, fmt.say("hypotheses.none"))
    verdicts = Counter(row["verdict"] for row in rows)
    paragraphs = _write_paragraphs(rows, verdicts, fmt)
    if verdicts[UNMEASURED] == len(rows):
        return Answer("hypotheses", question, fmt.say("hypotheses.unmeasured"), paragraphs)
    holds = verdicts[HOLDS]
    counts = cite(data, fmt, holds="hypotheses_confirmed", every="hypotheses")
    return Answer(
        "hypotheses",
        question,
        fmt.say("hypotheses.headline", **counts),
        paragraphs=drop_absent(paragraphs),
        value=Figure(fmt.say("hypotheses.value", **counts), fmt.say("hypotheses.figure"), holds),
        charts=drop_absent((_draw_effects(rows, fmt),)),
        tables=drop_absent((_list_claims(rows, fmt),)),
        caveat=fmt.say("hypotheses.caveat"),
    )


def _write_paragraphs(rows: Rows, verdicts: Counter[str], fmt: Formatter) -> tuple[str, ...]:
    sentences = []
    row = next((row for row in rows if row["chosen_on"] and row["tested_on"]), None)
    if row is not None:
        choice_day, test_day = fmt.date(row["chosen_on"]), fmt.date(row["tested_on"])
        sentences.append(fmt.say("hypotheses.dates", chosen=choice_day, tested=test_day))
    if verdicts[UNMEASURED]:
        sentences.append(fmt.count("hypotheses.not_measurable", verdicts[UNMEASURED]))
    return tuple(sentences)


def _draw_effects(rows: Rows, fmt: Formatter) -> Chart | None:
    """Draw the effects of the commonest unit, with their intervals."""
    units = Counter(row["effect_unit"] for row in rows if row["effect"] is not None)
    if not units:
        return None
    unit = min(units, key=lambda name: (-units[name], str(name)))
    rows = [row for row in rows if row["effect"] is not None and row["effect_unit"] == unit]
    name = fmt.label("effect_unit", unit)
    return Chart(
        key="hypotheses",
        title=fmt.say(
            "hypotheses.chart",
            unit=name,
            holds=fmt.number(sum(row["verdict"] == HOLDS for row in rows)),
            every=fmt.number(len(rows)),
        ),
        kind="intervals",
        categories=tuple(_number_claim(row, fmt) for row in rows),
        value=Axis(name, "share" if unit in SHARES else "decimal"),
        series=(build_intervals(fmt.say("hypotheses.effect"), rows, "effect"),),
        marks=(Mark(1.0, fmt.say("hypotheses.no_difference")),) if unit == "ratio" else (),
        note=fmt.say("hypotheses.note"),
    )


def _number_claim(row: dict[str, Any], fmt: Formatter) -> str:
    return fmt.say("hypotheses.number", n=fmt.number(row["n"]))


def _list_claims(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    def write_effect(row: dict[str, Any], name: str) -> str:
        value = row[name]
        return fmt.share(value) if row["effect_unit"] in SHARES else fmt.number(value, 2)

    return fmt.table(
        "hypotheses",
        fmt.say("hypotheses.table"),
        rows,
        [
            (AnswerColumn(""), "text", lambda row: _number_claim(row, fmt)),
            ("hypotheses.claim", "text", "text"),
            ("hypotheses.effect", "figure", lambda row: write_effect(row, "effect")),
            ("column.low", "figure", lambda row: write_effect(row, "low")),
            ("column.high", "figure", lambda row: write_effect(row, "high")),
            ("hypotheses.p_holm", "p_value", "p_holm"),
            ("column.verdict", "text", lambda row: fmt.heading("verdict", row["verdict"])),
            ("hypotheses.in_words", "text", "sentence"),
        ],
        strong=lambda row: row["verdict"] == HOLDS,
    )

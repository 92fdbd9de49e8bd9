"""The question what guarantees that the programme is better than the rest."""

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
from clientela.report.formatter import Formatter, capitalize, make_formatter, programme_name
from clientela.report.report_data import ReportData


def proof(material: ReportData, lang: Lang) -> Answer:
    """Show what those chosen on past dates brought later, beside naive choices of equal size."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("proof.question", programme=name)
    rows, tests = material.rows("programme_proof"), material.rows("programme_tests")
    pooled = [row for row in rows if row["as_of"] is None]
    if not pooled or not tests:
        headline = words.say("proof.none")
        return Answer("proof", question, headline, (words.say("proof.experiment"),))
    charts = (_groups(pooled, words, name), _differences(tests, words))
    return Answer(
        key="proof",
        question=question,
        headline=_headline(tests, words),
        paragraphs=_paragraphs(pooled, tests, words, name),
        value=_figure(tests, words),
        charts=tuple(chart for chart in charts if chart),
        tables=(*_tests(tests, words), *_dates(rows, words, name)),
        caveat=words.say("proof.caveat"),
    )


def _headline(tests: list[dict[str, Any]], words: Formatter) -> str:
    better = sum(bool(row["better"]) for row in tests)
    told = {"better": words.number(better), "tests": words.number(len(tests))}
    if better == len(tests):
        return words.count("proof.all", better, **told)
    return words.say("proof.some" if better else "proof.no_better", **told)


def _paragraphs(
    pooled: list[dict[str, Any]], tests: list[dict[str, Any]], words: Formatter, name: str
) -> tuple[str, ...]:
    trivial = _trivial(pooled, words, name)
    told = (words.of(row, "sentence") for row in tests)
    return tuple(text for text in (trivial, *told, words.say("proof.experiment")) if text)


def _by_group(pooled: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["customer_group"]: row for row in pooled}


def _trivial(pooled: list[dict[str, Any]], words: Formatter, name: str) -> str:
    groups = _by_group(pooled)
    if not {"members", "rest"} <= set(groups):
        return ""
    return words.say(
        "proof.trivial",
        programme=name,
        members=words.money(groups["members"]["revenue_per_customer"]),
        rest=words.money(groups["rest"]["revenue_per_customer"]),
        members_back=words.share(groups["members"]["retention"]),
        rest_back=words.share(groups["rest"]["retention"]),
    )


def _figure(tests: list[dict[str, Any]], words: Formatter) -> Figure:
    better = sum(bool(row["better"]) for row in tests)
    told = {"better": words.number(better), "tests": words.number(len(tests))}
    return Figure(words.say("proof.value", **told), words.say("proof.figure"), better)


def _name(code: str, words: Formatter, name: str) -> str:
    return name if code == "members" else words.headed("group", code)


def _groups(pooled: list[dict[str, Any]], words: Formatter, name: str) -> Chart | None:
    groups = _by_group(pooled)
    if "members" not in groups:
        return None
    ordered = sorted(pooled, key=lambda row: -(row["revenue_per_customer"] or 0.0))
    return Chart(
        key="proof_groups",
        title=words.say(
            "proof.groups",
            programme=name,
            members=words.money(groups["members"]["revenue_per_customer"]),
        ),
        kind="intervals",
        categories=tuple(_name(row["customer_group"], words, name) for row in ordered),
        value=Axis(words.say("proof.later"), "money"),
        series=(_intervals(ordered, "revenue_per_customer", words.say("proof.later")),),
        note=words.say("proof.interval_note", programme=name),
        currency=words.currency,
    )


def _differences(tests: list[dict[str, Any]], words: Formatter) -> Chart | None:
    known = [row for row in tests if row["difference"] is not None]
    if not known:
        return None
    ordered = sorted(known, key=lambda row: -row["difference"])
    better = sum(bool(row["better"]) for row in known)
    told = {"better": words.number(better), "tests": words.number(len(known))}
    return Chart(
        key="proof_differences",
        title=words.say("proof.differences", **told),
        kind="intervals",
        categories=tuple(words.headed("group", row["baseline"]) for row in ordered),
        value=Axis(words.say("proof.difference_axis"), "money"),
        series=(_intervals(ordered, "difference", words.say("proof.difference")),),
        marks=(Mark(0.0, words.say("proof.no_difference")),),
        note=words.say("proof.difference_note"),
        currency=words.currency,
    )


def _intervals(rows: list[dict[str, Any]], name: str, title: str) -> Series:
    values, low, high = (tuple(row[which] for row in rows) for which in (name, "low", "high"))
    return Series(title, values, low, high)


def _tests(tests: list[dict[str, Any]], words: Formatter) -> tuple[AnswerTable, ...]:
    columns = (
        AnswerColumn(words.say("proof.against")),
        AnswerColumn(words.say("proof.difference"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
        AnswerColumn(words.say("column.p_value"), True),
        AnswerColumn(words.say("column.dates"), True),
        AnswerColumn(words.say("column.verdict")),
    )
    cells = tuple(
        (
            words.headed("group", row["baseline"]),
            words.money(row["difference"]),
            words.money(row["low"]),
            words.money(row["high"]),
            words.p_value(row["p_value"]),
            words.number(row["dates"]),
            capitalize(words.say("proof.better" if row["better"] else "proof.not_better")),
        )
        for row in tests
    )
    return (AnswerTable("proof_tests", words.say("proof.tests"), columns, cells),)


def _dates(rows: list[dict[str, Any]], words: Formatter, name: str) -> tuple[AnswerTable, ...]:
    dated = [row for row in rows if row["as_of"] is not None]
    if not dated:
        return ()
    ordered = sorted(dated, key=lambda row: (row["as_of"], row["customer_group"] != "members"))
    columns = (
        AnswerColumn(words.say("proof.chosen_on")),
        AnswerColumn(words.say("proof.group")),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("proof.later"), True),
        AnswerColumn(words.say("proof.retention"), True),
        AnswerColumn(words.say("proof.orders"), True),
    )
    cells = tuple(
        (
            words.date(row["as_of"]),
            _name(row["customer_group"], words, name),
            words.number(row["customers"]),
            words.money(row["revenue_per_customer"]),
            words.share(row["retention"]),
            words.number(row["orders_per_customer"], 2),
        )
        for row in ordered
    )
    title = words.say("proof.dates")
    return (AnswerTable("proof_dates", title, columns, cells, folded=True),)

"""The question which segments there are, and what marks them."""

from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import (
    Answer,
    AnswerColumn,
    AnswerDownload,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Series,
)
from clientela.report.answers.division import (
    candidate_chart,
    candidate_tables,
    chosen,
    elbow,
    reasons,
)
from clientela.report.answers.known import by_revenue
from clientela.report.answers.moves import moves
from clientela.report.answers.pictures import customer_map, heat, silhouettes
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData


def segments(material: ReportData, lang: Lang) -> Answer:
    """Name the segments, say what marks each, and why the base is divided so."""
    words = make_formatter(material, lang)
    rows = by_revenue(material)
    question = words.say("segments.question")
    if not rows:
        return Answer("segments", question, words.say("segments.none"))
    moved = moves(material, words)
    charts = (
        _shares(rows, words),
        heat(material, words),
        customer_map(material, words),
        silhouettes(material, words),
        elbow(material, words),
        candidate_chart(material, words),
    )
    tables = (
        *_described(rows, words),
        *_table(rows, words),
        *candidate_tables(material, words),
        *moved.tables,
    )
    return Answer(
        key="segments",
        question=question,
        headline=_headline(rows, words),
        paragraphs=(*reasons(material, words), *moved.paragraphs),
        value=Figure(words.number(len(rows)), words.count("segments.figure", len(rows)), len(rows)),
        charts=tuple(chart for chart in charts if chart),
        tables=tables,
        caveat=_caveat(material, rows, words),
        downloads=tuple(_download(row, words) for row in rows),
    )


def _download(row: dict[str, Any], words: Formatter) -> AnswerDownload:
    label = words.say("download.segment", name=words.of(row, "name"))
    return AnswerDownload(f"segment-{row['segment']}", label)


def _headline(rows: list[dict[str, Any]], words: Formatter) -> str:
    first = rows[0]
    if len(rows) == 1:
        return words.say("segments.one", name=words.of(first, "name"))
    told = {"n": words.number(len(rows)), "name": words.of(first, "name")}
    told["customers"] = words.share(first["customers_share"])
    if first["revenue_share"] is None:
        return words.say("segments.headline_customers", **told)
    return words.say("segments.headline", revenue=words.share(first["revenue_share"]), **told)


def _described(rows: list[dict[str, Any]], words: Formatter) -> tuple[AnswerTable, ...]:
    columns = (AnswerColumn(words.say("column.segment")), AnswerColumn(words.say("segments.what")))
    cells = tuple((words.of(row, "name"), words.of(row, "description")) for row in rows)
    return (AnswerTable("segment_marks", words.say("segments.described"), columns, cells),)


def _shares(rows: list[dict[str, Any]], words: Formatter) -> Chart | None:
    if len(rows) < 2 or rows[0]["revenue_share"] is None:
        return None
    first = rows[0]
    return Chart(
        key="segment_shares",
        title=words.say(
            "segments.shares_title",
            name=words.of(first, "name"),
            customers=words.share(first["customers_share"]),
            revenue=words.share(first["revenue_share"]),
        ),
        kind="bars",
        categories=tuple(words.of(row, "name") for row in rows),
        value=Axis("", "share"),
        series=(
            Series(
                words.say("segments.of_customers"),
                tuple(row["customers_share"] for row in rows),
                tone="quiet",
            ),
            Series(
                words.say("segments.of_revenue"),
                tuple(row["revenue_share"] for row in rows),
                tone="accent",
            ),
        ),
    )


def _table(rows: list[dict[str, Any]], words: Formatter) -> tuple[AnswerTable, ...]:
    columns = (
        AnswerColumn(words.say("column.segment")),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("column.customers_share"), True),
        AnswerColumn(words.say("column.revenue"), True),
        AnswerColumn(words.say("column.revenue_share"), True),
        AnswerColumn(words.say("column.rule")),
        AnswerColumn(words.say("column.precision"), True),
    )
    cells = tuple(
        (
            words.of(row, "name"),
            words.number(row["customers"]),
            words.share(row["customers_share"]),
            words.money(row["revenue"]),
            words.share(row["revenue_share"]),
            words.of(row, "rule") or words.say("segments.no_rule"),
            words.share(row.get("rule_precision")),
        )
        for row in rows
    )
    note = words.say("segments.rule_note") if any(words.of(row, "rule") for row in rows) else ""
    return (AnswerTable("segments", words.say("segments.table"), columns, cells, note=note),)


def _caveat(material: ReportData, rows: list[dict[str, Any]], words: Formatter) -> str:
    known = [row for row in rows if row.get("jaccard") is not None]
    if len(rows) < 2 or chosen(material) is None or not known:
        return words.say("segments.caveat")
    worst = min(known, key=lambda row: row["jaccard"])
    return words.say(
        "segments.caveat_worst",
        name=words.of(worst, "name"),
        jaccard=words.share(worst["jaccard"]),
    )

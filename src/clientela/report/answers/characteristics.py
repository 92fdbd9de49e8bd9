"""The question what the members are like."""

from typing import Any

import numpy as np

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.known import column, members, segment_names
from clientela.report.answers.rules import joined
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData

FEATURES = (
    "revenue",
    "revenue_365d",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
    "returned_share",
)
TELLING = ("revenue_365d", "revenue")
MOST_GAPS = 8
Pair = tuple[str, float, float]


def characteristics(material: ReportData, lang: Lang) -> Answer:
    """Compare members with the rest, and every segment outside with the members."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("characteristics.question", programme=name)
    pairs = _pairs(material)
    if not members(material) or not pairs:
        return Answer("characteristics", question, words.say("programme.none", programme=name))
    chart = _gaps(material, words, name)
    return Answer(
        key="characteristics",
        question=question,
        headline=_headline(pairs, words, name),
        paragraphs=(words.say("characteristics.median", programme=name),),
        value=_figure(pairs, words, name),
        charts=(chart,) if chart else (),
        tables=(_table(pairs, words, name),),
        caveat=words.say("characteristics.caveat"),
    )


def _pairs(material: ReportData) -> list[Pair]:
    """Give each feature's median among members and among the rest."""
    found = []
    for name in FEATURES:
        theirs = column(material, name, insiders=True)
        others = column(material, name, insiders=False)
        if theirs.size and others.size:
            found.append((name, float(np.median(theirs)), float(np.median(others))))
    return found


def _headline(pairs: list[Pair], words: Formatter, name: str) -> str:
    told = {feature: (theirs, others) for feature, theirs, others in pairs}
    named = [feature for feature in ("orders", "products", "days_since_last") if feature in told]
    facts = [
        words.say(
            f"characteristics.{feature}",
            value=words.value(feature, told[feature][0]),
            rest=words.value(feature, told[feature][1]),
        )
        for feature in named
    ]
    return words.say("characteristics.headline", programme=name, facts=joined(facts, words))


def _figure(pairs: list[Pair], words: Formatter, name: str) -> Figure | None:
    told = {feature: theirs for feature, theirs, _ in pairs}
    known = [feature for feature in TELLING if feature in told]
    if not known:
        return None
    value = told[known[0]]
    label = words.say(f"characteristics.figure_{known[0]}", programme=name)
    return Figure(words.money(value), label, value)


def _table(pairs: list[Pair], words: Formatter, name: str) -> AnswerTable:
    columns = (
        AnswerColumn(words.say("column.feature")),
        AnswerColumn(name, True),
        AnswerColumn(words.say("characteristics.rest"), True),
        AnswerColumn(words.say("characteristics.times"), True),
    )
    rows = tuple(
        (
            words.feature(feature),
            words.value(feature, theirs),
            words.value(feature, others),
            words.number(theirs / others, 1) if others > 0 else words.number(None),
        )
        for feature, theirs, others in pairs
    )
    return AnswerTable("characteristics", words.say("characteristics.table"), columns, rows)


def _gaps(material: ReportData, words: Formatter, name: str) -> Chart | None:
    rows = sorted(material.rows("segment_gaps"), key=lambda row: (row["segment"], row["position"]))
    names = segment_names(material, words)
    features = list(dict.fromkeys(row["feature"] for row in rows))[:MOST_GAPS]
    segments = [each for each in names if any(row["segment"] == each for row in rows)]
    ratios = {(row["segment"], row["feature"]): row["ratio"] for row in rows}
    if not segments:
        return None
    return Chart(
        key="segment_gaps",
        title=_gap_title(rows, names, words, name),
        kind="heat",
        categories=tuple(words.feature(feature) for feature in features),
        value=Axis(words.say("characteristics.ratio"), "share"),
        series=tuple(
            Series(names[each], tuple(ratios.get((each, feature)) for feature in features))
            for each in segments
        ),
        centre=1.0,
        note=words.say("characteristics.gaps_note", programme=name),
    )


def _gap_title(
    rows: list[dict[str, Any]], names: dict[int, str], words: Formatter, programme: str
) -> str:
    """Name the segment nearest to the members in what it brings."""
    money = [row for row in rows if row["feature"] in TELLING and row["ratio"] is not None]
    if not money:
        return words.say("characteristics.gaps_plain", programme=programme)
    nearest = max(money, key=lambda row: row["ratio"])
    return words.say(
        "characteristics.gaps_title",
        programme=programme,
        name=names.get(nearest["segment"], str(nearest["segment"])),
        share=words.share(nearest["ratio"]),
    )

"""The question what the conditions to enter are."""

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.rules import condition_table, conditions, joined, lists, sentences
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData, parse_json

Missing = dict[str, list[float]]
PURCHASE = "orders"
"""By which ``programme_members.missing`` names the purchase that brings the last order near."""


def entry(material: ReportData, lang: Lang) -> Answer:
    """State the conditions, and what those nearest to them still lack."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("entry.question", programme=name)
    rules = sentences(material, "entry", words)
    if not rules:
        return Answer("entry", question, words.say("programme.none", programme=name))
    near = _candidates(material)
    missing = _missing(near)
    chart = _chart(missing, words)
    return Answer(
        key="entry",
        question=question,
        headline=words.say("entry.headline", rule=joined(rules, words)),
        paragraphs=_near(near, words),
        value=_figure(conditions(material, "entry")[0], words),
        charts=(chart,) if chart else (),
        tables=(*condition_table(material, "entry", words), *_table(missing, words)),
        caveat=words.say("entry.caveat"),
        downloads=lists(words, name)[1:],
    )


def _candidates(material: ReportData) -> pa.Table | None:
    table = material.table("programme_members")
    if table is None:
        return None
    found = table.filter(pc.equal(table["status"], "candidate"))
    return found if found.num_rows else None


def _missing(near: pa.Table | None) -> Missing:
    """Gather how much is missing, feature by feature, the most frequent first."""
    found: Missing = defaultdict(list)
    for told in [] if near is None else near["missing"].to_pylist():
        for feature, amount in (parse_json(told) or {}).items():
            if amount:
                found[feature].append(abs(float(amount)))
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _near(near: pa.Table | None, words: Formatter) -> tuple[str, ...]:
    if near is None:
        return (words.say("entry.nobody_near"),)
    said = [words.count("entry.near", near.num_rows)]
    example = words.of(near.slice(0, 1).to_pylist()[0], "reason")
    if example:
        said.append(words.say("entry.example", example=example))
    return tuple(said)


def _figure(row: dict[str, Any], words: Formatter) -> Figure | None:
    if row["feature"] is None or row["value"] is None:
        return None
    key = "entry.at_least" if row["operator"] == ">=" else "entry.at_most"
    label = words.say(key, feature=words.feature(row["feature"]))
    return Figure(words.value(row["feature"], row["value"]), label, row["value"])


def _chart(missing: Missing, words: Formatter) -> Chart | None:
    if not missing:
        return None
    feature, amounts = next(iter(missing.items()))
    return Chart(
        key="candidates_missing",
        title=words.say(
            "entry.chart_purchase" if feature == PURCHASE else "entry.chart",
            feature=_lack(feature, words),
            amount=words.value(feature, float(np.median(amounts))),
        ),
        kind="bars",
        categories=tuple(_lack(name, words) for name in missing),
        value=Axis(words.say("entry.candidates"), "number"),
        series=(
            Series(words.say("entry.candidates"), tuple(float(len(v)) for v in missing.values())),
        ),
        note=words.say("entry.chart_note"),
    )


def _lack(feature: str, words: Formatter) -> str:
    """Name what is missing; who bought too long ago lacks one more purchase, not orders."""
    return words.say("entry.purchase") if feature == PURCHASE else words.feature(feature)


def _table(missing: Missing, words: Formatter) -> tuple[AnswerTable, ...]:
    if not missing:
        return ()
    columns = (
        AnswerColumn(words.say("entry.lacks")),
        AnswerColumn(words.say("entry.candidates"), True),
        AnswerColumn(words.say("entry.median_missing"), True),
    )
    rows = tuple(
        (
            _lack(name, words),
            words.number(len(amounts)),
            words.value(name, float(np.median(amounts))),
        )
        for name, amounts in missing.items()
    )
    return (AnswerTable("candidates_missing", words.say("entry.missing_table"), columns, rows),)

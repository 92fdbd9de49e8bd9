"""The question who is eligible for the programme, and why."""

from collections import Counter

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.known import inside, members, segment_names
from clientela.report.answers.rules import joined, lists, sentences
from clientela.report.formatter import Formatter, make_formatter, programme_name
from clientela.report.report_data import ReportData


def eligible(material: ReportData, lang: Lang) -> Answer:
    """Say who qualifies, by which of the policies compared, and from which segments they come."""
    words, name = make_formatter(material, lang), programme_name(material)
    question = words.say("eligible.question", programme=name)
    many = members(material)
    if not many:
        return Answer("eligible", question, words.say("programme.none", programme=name))
    chart = _segments(material, words, name)
    return Answer(
        key="eligible",
        question=question,
        headline=_headline(material, words, name),
        paragraphs=_reasons(material, words),
        value=Figure(words.number(many), words.say("eligible.figure"), many),
        charts=(chart,) if chart else (),
        tables=_policies(material, words),
        caveat=words.say("eligible.caveat", programme=name),
        downloads=lists(words, name)[:1],
    )


def _headline(material: ReportData, words: Formatter, name: str) -> str:
    rule = joined(sentences(material, "entry", words), words)
    if not rule:
        return words.say("eligible.by_policy", programme=name)
    return words.say("eligible.headline", rule=rule)


def _reasons(material: ReportData, words: Formatter) -> tuple[str, ...]:
    rows = material.rows("programme_policies")
    taken = [words.of(row, "reason") for row in rows if row["chosen"]]
    compared = words.say("eligible.compared", n=words.number(len(rows))) if rows else ""
    return tuple(text for text in (compared, *taken) if text)


def _segments(material: ReportData, words: Formatter, name: str) -> Chart | None:
    table, names = inside(material), segment_names(material, words)
    if table is None or not names:
        return None
    found = Counter(segment for segment in table["segment"].to_pylist() if segment is not None)
    if not found:
        return None
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    first, most = ordered[0]
    return Chart(
        key="members_by_segment",
        title=words.say(
            "eligible.segments_title",
            share=words.share(most / found.total()),
            programme=name,
            name=names.get(first, str(first)),
        ),
        kind="bars",
        categories=tuple(names.get(segment, str(segment)) for segment, _ in ordered),
        value=Axis(words.say("eligible.members_axis", programme=name), "number"),
        series=(Series(name, tuple(float(n) for _, n in ordered)),),
    )


def _policies(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    rows = sorted(material.rows("programme_policies"), key=lambda row: not row["chosen"])
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("eligible.policy")),
        AnswerColumn(words.say("eligible.members"), True),
        AnswerColumn(words.say("column.customers_share"), True),
        AnswerColumn(words.say("column.revenue_share"), True),
        AnswerColumn(words.say("eligible.later_share"), True),
        AnswerColumn(words.say("column.verdict")),
    )
    cells = tuple(
        (
            words.headed("policy", row["policy"]),
            words.number(row["members"]),
            words.share(row["members_share"]),
            words.share(row["revenue_share"]),
            words.share(row["later_revenue_share"]),
            words.of(row, "reason"),
        )
        for row in rows
    )
    strong = tuple(place for place, row in enumerate(rows) if row["chosen"])
    note = words.say("eligible.policies_note")
    return (AnswerTable("policies", words.say("eligible.policies"), columns, cells, strong, note),)

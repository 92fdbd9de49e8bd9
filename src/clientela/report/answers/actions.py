"""The question which actions raise revenue: audiences, money at stake, product pairs."""

from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerTable,
    Chart,
    drop_absent,
)
from clientela.report.answers.figures import cite, head
from clientela.report.answers.queries import Rows, list_segments, name_segments
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData, parse_json

MOST_BARS = 10  # of the chart; the tables list all
MOST_PAIRS = 12  # the strongest; all are in the table ``actions`` of the store


def answer_actions(data: ReportData, fmt: Formatter) -> Answer:
    """List each segment's actions, audiences and money at stake."""
    question = fmt.say("actions.question")
    rows = data.rows("actions")
    if not rows:
        return Answer("actions", question, fmt.say("actions.none"))
    names = {row["segment"]: str(row["segment"]) for row in rows} | name_segments(data, fmt)
    largest = max(rows, key=lambda row: row["amount_at_stake"] or 0.0)
    return Answer(
        "actions",
        question,
        fmt.say(
            "actions.headline",
            title=fmt.localize(largest, "title"),
            segment=names[largest["segment"]],
            **cite(data, fmt, amount="largest_stake"),
        ),
        paragraphs=drop_absent((fmt.count("actions.count", len(rows)), fmt.say("actions.stake"))),
        value=head(data, fmt, "largest_stake", fmt.say("actions.figure")),
        charts=drop_absent((_draw_stakes(rows, names, fmt),)),
        tables=drop_absent(
            (
                *(
                    _list_actions(segment, rows, names, fmt)
                    for segment in _order_segments(data, rows)
                ),
                _list_pairs(rows, names, fmt),
            )
        ),
        caveat=fmt.say("actions.caveat"),
    )


def _draw_stakes(rows: Rows, names: dict[int, str], fmt: Formatter) -> Chart:
    ranking = sorted(rows, key=lambda row: -(row["amount_at_stake"] or 0.0))[:MOST_BARS]
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["action"]] = totals.get(row["action"], 0.0) + (row["amount_at_stake"] or 0.0)
    largest = max(totals, key=lambda action: totals[action])

    def label(row: dict[str, Any]) -> str:
        action = fmt.heading("action", row["action"])
        return fmt.say("actions.label", action=action, segment=names[row["segment"]])

    return fmt.bars(
        "actions",
        fmt.say("actions.chart", action=fmt.heading("action", largest)),
        ((label(row), row["amount_at_stake"]) for row in ranking),
        ("actions.stake_axis", "money"),
        "actions.chart_note",
    )


def _order_segments(data: ReportData, rows: Rows) -> list[int]:
    """Return the segments by revenue, and after them those that only have actions."""
    by_revenue = [row["segment"] for row in list_segments(data)]
    return [*by_revenue, *sorted({row["segment"] for row in rows} - set(by_revenue))]


def _list_actions(
    segment: int, rows: Rows, names: dict[int, str], fmt: Formatter
) -> AnswerTable | None:
    rows = [row for row in rows if row["segment"] == segment]

    def explain(row: dict[str, Any]) -> str:
        rule = fmt.localize(row, "audience_rule")
        audience = fmt.say("actions.whom", rule=rule) if rule else ""
        return f"{fmt.localize(row, 'text')} {audience}".strip()

    measures = dict.fromkeys(text for row in rows if (text := fmt.localize(row, "measure")))
    return fmt.table(
        f"actions_{segment}",
        names.get(segment, ""),
        sorted(rows, key=lambda row: row["position"]),
        [
            ("actions.what", "text", "title"),
            ("actions.audience", "number", "audience"),
            ("actions.stake_axis", "money", "amount_at_stake"),
            ("actions.why", "text", explain),
        ],
        note=fmt.say("actions.measure", measure=" ".join(measures)) if measures else "",
    )


def _list_pairs(rows: Rows, names: dict[int, str], fmt: Formatter) -> AnswerTable | None:
    """List the product pairs behind the offers, the strongest lift first."""
    pairs = [
        pair | {"segment": row["segment"]}
        for row in rows
        for pair in (parse_json(row.get("detail")) or {}).get("pairs", ())
    ]
    ranking = sorted(pairs, key=lambda pair: (-pair["lift"], pair["segment"], pair["first"]))
    return fmt.table(
        "pairs",
        fmt.say("pairs.table"),
        ranking[:MOST_PAIRS],
        [
            ("column.segment", "text", lambda pair: names[pair["segment"]]),
            ("pairs.first", "text", lambda pair: pair.get("first_name") or pair["first"]),
            ("pairs.second", "text", lambda pair: pair.get("second_name") or pair["second"]),
            ("pairs.orders", "number", "orders"),
            ("pairs.support", "share", "support"),
            ("pairs.confidence", "share", "confidence"),
            ("pairs.lift", "decimal", "lift"),
        ],
        note=fmt.say("pairs.note"),
    )

"""The question which actions raise revenue: audiences, upsides, product families."""

from typing import Any

from clientela.i18n import t
from clientela.report.answer import Answer, AnswerTable, Chart, drop_absent
from clientela.report.answers.figures import cite, head
from clientela.report.answers.queries import Rows, name_segments, read_column
from clientela.report.formatter import Formatter, lower_first
from clientela.report.report_data import ReportData, parse_json

MOST_BARS = 10  # of the chart; the tables list all
MOST_PAIRS = 12  # the strongest; all are in the table ``actions`` of the store


def answer_actions(data: ReportData, fmt: Formatter) -> Answer:
    """List the actions for each group: audiences, upsides, and how to measure the effect."""
    question = fmt.say("actions.question")
    rows = sorted(data.rows("actions"), key=lambda row: row["position"])
    if not rows:
        return Answer("actions", question, fmt.say("actions.none"))
    groups = _name_groups(data, fmt, rows)
    days = fmt.number(rows[0]["horizon_days"])
    return Answer(
        "actions",
        question,
        fmt.say(
            "actions.headline" if rows[0]["upside"] is not None else "actions.unmeasured",
            title=lower_first(fmt.localize(rows[0], "title")),
            **cite(data, fmt, amount="largest_upside"),
        ),
        paragraphs=drop_absent(
            (
                fmt.count("actions.count", len(rows)),
                fmt.say("actions.stake", days=days),
                fmt.say("actions.how_to"),
            )
        ),
        value=head(data, fmt, "largest_upside", _name_figure(data, fmt)),
        charts=drop_absent((_draw_upsides(rows, groups, fmt),)),
        tables=drop_absent(
            (
                *(_list_actions(group, rows, groups, fmt) for group in groups),
                _list_pairs(rows, fmt),
            )
        ),
        caveat=fmt.say("actions.caveat"),
    )


def _name_figure(data: ReportData, fmt: Formatter) -> str:
    """Name the largest upside: of revenue, or of margin where one is known."""
    has_margins = read_column(data, "gross_margin").size
    return fmt.say("actions.figure_margin" if has_margins else "actions.figure")


Group = tuple[str, int | None]


def _group_of(row: dict[str, Any]) -> Group:
    return row["target"], row["segment"]


def _name_groups(data: ReportData, fmt: Formatter, rows: Rows) -> dict[Group, str]:
    """Name whom actions address, in the order of their largest upsides."""
    segments = name_segments(data, fmt)
    return {
        (target, segment): segments.get(segment, str(segment))
        if target == "segment" and segment is not None
        else fmt.say(f"actions.{target}")
        for target, segment in map(_group_of, rows)
    }


def _draw_upsides(rows: Rows, groups: dict[Group, str], fmt: Formatter) -> Chart | None:
    known = [row for row in rows if row["upside"] is not None][:MOST_BARS]
    if not known:
        return None

    def label(row: dict[str, Any]) -> str:
        action = fmt.heading("action", row["action"])
        return fmt.say("actions.label", action=action, segment=groups[_group_of(row)])

    return fmt.bars(
        "actions",
        fmt.say("actions.chart", action=fmt.heading("action", rows[0]["action"])),
        ((label(row), row["upside"]) for row in known),
        ("actions.upside", "money"),
        "actions.chart_note",
    )


def _list_actions(
    group: Group, rows: Rows, groups: dict[Group, str], fmt: Formatter
) -> AnswerTable | None:
    rows = [row for row in rows if _group_of(row) == group]

    def explain(row: dict[str, Any]) -> str:
        rule = fmt.localize(row, "audience_rule")
        audience = fmt.say("actions.whom", rule=rule) if rule else ""
        return f"{fmt.localize(row, 'text')} {audience}".strip()

    return fmt.table(
        f"actions_{group[0]}" if group[1] is None else f"actions_{group[1]}",
        groups[group],
        rows,
        [
            ("actions.what", "text", "title"),
            ("actions.audience", "number", "audience"),
            ("actions.upside", "money", "upside"),
            ("actions.why", "text", explain),
            ("actions.how", "text", lambda row: _say_power(row, fmt)),
            ("actions.code", "text", lambda row: row["action_id"]),
        ],
    )


def _say_power(row: dict[str, Any], fmt: Formatter) -> str:
    """Say what an experiment with the audience of an action can show; how is said once."""
    base, smallest = row.get("buyers_share"), row.get("smallest_buyers_share")
    if base is None:
        return fmt.say("actions.no_power")
    return t(
        f"action.measure.{'too_small' if smallest is None else 'smallest'}",
        fmt.lang,
        audience=fmt.number(row["audience"]),
        days=fmt.number(row["horizon_days"]),
        base=fmt.share(base),
        smallest=fmt.share(smallest),
    )


def _list_pairs(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    """List the product families behind the offers, the strongest lift first."""
    pairs = [
        pair for row in rows for pair in (parse_json(row.get("detail")) or {}).get("pairs", ())
    ]
    ranking = sorted(pairs, key=lambda pair: (-pair["lift"], pair["first"]))
    return fmt.table(
        "pairs",
        fmt.say("pairs.table"),
        ranking[:MOST_PAIRS],
        [
            ("pairs.first", "text", lambda pair: pair.get("first_name") or pair["first"]),
            ("pairs.second", "text", lambda pair: pair.get("second_name") or pair["second"]),
            ("pairs.orders", "number", "orders"),
            ("pairs.support", "share", "support"),
            ("pairs.confidence", "share", "confidence"),
            ("pairs.lift", "decimal", "lift"),
        ],
        note=fmt.say("pairs.note"),
    )

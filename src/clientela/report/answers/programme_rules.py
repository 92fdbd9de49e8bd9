"""The questions on the programme's rules: conditions to enter and to be removed."""

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.report.answer import (
    Answer,
    AnswerDownload,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Series,
    Tone,
    drop_absent,
)
from clientela.report.answers.figures import cite, find_figure, head
from clientela.report.answers.queries import Rows, read_programme, select_members
from clientela.report.formatter import Formatter, TableColumn, fold
from clientela.report.report_data import ReportData, parse_json

PURCHASE = "orders"
"""By which ``programme_members.missing`` names the purchase that refreshes the last order."""
SIGNS = {">=": "\N{GREATER-THAN OR EQUAL TO}", "<=": "\N{LESS-THAN OR EQUAL TO}"}
MOVES: tuple[tuple[str, Tone], ...] = (
    ("entered", "accent"),
    ("left", "quiet"),
    ("reentered", "signal"),
)


def list_conditions(data: ReportData, kind: str) -> Rows:
    """Return the conditions to enter (``entry``) or to stay (``exit``), in order."""
    rows = data.sorted_by("programme_conditions", "kind", "position")
    return [row for row in rows if row["kind"] == kind]


def state_conditions(data: ReportData, kind: str, fmt: Formatter) -> list[str]:
    """Return the conditions as sentences."""
    texts = (fmt.localize(row, "sentence") for row in list_conditions(data, kind))
    return [text for text in texts if text]


def join_sentences(sentences: list[str], fmt: Formatter) -> str:
    """Return one sentence of several."""
    if len(sentences) < 2:
        return "".join(sentences)
    return fmt.say("rules.and", first=", ".join(sentences[:-1]), last=sentences[-1])


def offer_lists(fmt: Formatter) -> tuple[AnswerDownload, ...]:
    """Return the lists of the programme."""
    return (
        AnswerDownload("insiders", fmt.say("download.insiders")),
        AnswerDownload("candidates", fmt.say("download.candidates")),
    )


def _table_conditions(data: ReportData, kind: str, fmt: Formatter) -> AnswerTable | None:
    def write_limit(row: dict[str, Any]) -> str:
        if row["feature"] is None or row["value"] is None:
            return fmt.number(None)
        sign = SIGNS.get(row["operator"], "")
        return f"{sign} {fmt.value(row['feature'], row['value'])}".strip()

    return fmt.table(
        f"{kind}_conditions",
        fmt.say(f"rules.{kind}_table"),
        list_conditions(data, kind),
        [
            ("rules.condition", "text", "sentence"),
            ("column.feature", "feature", lambda row: row["feature"] or ""),
            ("rules.limit", "figure", write_limit),
        ],
    )


def answer_entry(data: ReportData, fmt: Formatter) -> Answer:
    """State the conditions, and what those nearest to them still lack."""
    question = fmt.say("entry.question")
    rules = state_conditions(data, "entry", fmt)
    if not rules:
        return Answer("entry", question, fmt.say("programme.none"))
    candidates = select_members(data, ("candidate",))
    gaps = _collect_gaps(candidates)
    figure = fmt.count("entry.figure", 0 if candidates is None else candidates.num_rows)
    return Answer(
        "entry",
        question,
        fmt.say("entry.headline", rule=join_sentences(rules, fmt)),
        paragraphs=drop_absent(_describe_candidates(candidates, fmt)),
        value=head(data, fmt, "candidates", figure),
        charts=drop_absent((_draw_gaps(gaps, fmt),)),
        tables=drop_absent((_table_conditions(data, "entry", fmt), _list_gaps(gaps, fmt))),
        caveat=fmt.say("entry.caveat"),
        downloads=offer_lists(fmt)[1:],
    )


def _collect_gaps(candidates: pa.Table | None) -> dict[str, list[float]]:
    """Return how much each candidate lacks by feature, the most frequent first."""
    gaps: dict[str, list[float]] = defaultdict(list)
    for missing in [] if candidates is None else candidates["missing"].to_pylist():
        for feature, amount in (parse_json(missing) or {}).items():
            if amount:
                gaps[feature].append(abs(float(amount)))
    return dict(sorted(gaps.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def _describe_candidates(candidates: pa.Table | None, fmt: Formatter) -> tuple[str, ...]:
    if candidates is None:
        return (fmt.say("entry.nobody_near"),)
    example = fmt.localize(candidates.slice(0, 1).to_pylist()[0], "reason")
    return (fmt.say("entry.example", example=example) if example else fmt.say("entry.near"),)


def _draw_gaps(gaps: dict[str, list[float]], fmt: Formatter) -> Chart | None:
    if not gaps:
        return None
    feature, amounts = next(iter(gaps.items()))
    key = "entry.chart_purchase" if feature == PURCHASE else "entry.chart"
    amount = fmt.value(feature, float(np.median(amounts)))
    return fmt.bars(
        "candidates_missing",
        fmt.say(key, feature=_name_gap(feature, fmt), amount=amount),
        ((_name_gap(name, fmt), float(len(values))) for name, values in gaps.items()),
        ("entry.candidates", "number"),
        "entry.chart_note",
    )


def _name_gap(feature: str, fmt: Formatter) -> str:
    """Return what is missing; who bought too long ago lacks one more purchase, not orders."""
    return fmt.say("entry.purchase") if feature == PURCHASE else fmt.feature(feature)


def _list_gaps(gaps: dict[str, list[float]], fmt: Formatter) -> AnswerTable | None:
    rows = [
        {
            "gap": _name_gap(name, fmt),
            "candidates": len(amounts),
            "median": fmt.value(name, float(np.median(amounts))),
        }
        for name, amounts in gaps.items()
    ]
    return fmt.table(
        "candidates_missing",
        fmt.say("entry.missing_table"),
        rows,
        [
            ("entry.lacks", "text", lambda row: row["gap"]),
            ("entry.candidates", "number", "candidates"),
            ("entry.median_missing", "figure", "median"),
        ],
    )


def answer_leaving(data: ReportData, fmt: Formatter) -> Answer:
    """State the conditions to stay, the grace, and simulated exits."""
    question = fmt.say("leaving.question")
    rules = state_conditions(data, "exit", fmt)
    if not rules:
        return Answer("leaving", question, fmt.say("programme.none"))
    rows, grace_days = data.sorted_by("programme_months", "as_of"), _read_grace_days(data)
    return Answer(
        "leaving",
        question,
        fmt.say(
            "leaving.headline" if grace_days else "leaving.at_once",
            rule=join_sentences(rules, fmt),
            days=fmt.number(grace_days),
        ),
        paragraphs=drop_absent(_describe_flapping(data, rows, fmt)),
        value=_state_stay(rows, grace_days, fmt),
        charts=drop_absent((_draw_moves(rows, fmt),)),
        tables=drop_absent((_table_conditions(data, "exit", fmt), _list_months(rows, fmt))),
        caveat=fmt.say("leaving.caveat"),
    )


def _read_grace_days(data: ReportData) -> int | None:
    """Return how long a member who no longer meets the conditions stays."""
    days = (row.get("grace_days") for row in list_conditions(data, "exit"))
    return max((int(grace) for grace in days if grace is not None), default=None)


def _describe_flapping(data: ReportData, rows: Rows, fmt: Formatter) -> tuple[str, ...]:
    if len(rows) < 2:
        return (fmt.say("leaving.short"),)
    left, back = (find_figure(data, f"simulated_{end}").get("value") for end in ("left", "back"))
    key = "leaving.flapping" if back else "leaving.flapping_none" if left else "leaving.nobody_left"
    counts = cite(data, fmt, left="simulated_left", back="simulated_back")
    programme = read_programme(data)
    share, leavers = (programme.get(name) for name in ("flapping_share", "flapping_leavers_share"))
    return (
        fmt.say(key, **counts),
        ""
        if not share
        else fmt.say("leaving.flapping_share", share=fmt.share(share), leavers=fmt.share(leavers)),
    )


def _state_stay(rows: Rows, grace_days: int | None, fmt: Formatter) -> Figure | None:
    months = rows[-1]["months_stayed_median"] if rows else None
    if months is not None:
        text = fmt.number(months, 0 if months == int(months) else 1)
        return Figure(text, fmt.say("leaving.figure_months"), months)
    if grace_days is None:
        return None
    text = fmt.value("days_since_last", grace_days)
    return Figure(text, fmt.say("leaving.figure_grace"), grace_days)


def _draw_moves(rows: Rows, fmt: Formatter) -> Chart | None:
    later = rows[1:]
    if len(later) < 2:
        return None
    entered, left = (
        fmt.number(sum(row[name] or 0 for row in later) / len(later), 0)
        for name in ("entered", "left")
    )
    return Chart(
        key="entries_and_exits",
        title=fmt.say("leaving.chart", entered=entered, left=left),
        kind="columns",
        categories=tuple(fmt.date(row["as_of"]) for row in later),
        value=Axis(fmt.say("leaving.axis"), "number"),
        series=tuple(
            Series(fmt.say(f"leaving.{name}"), tuple(row[name] for row in later), tone=tone)
            for name, tone in MOVES
        ),
        note=fmt.say("leaving.note"),
    )


def _list_months(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    counts = ("members", "entered", "left", "reentered")
    columns: list[TableColumn] = [(f"leaving.{name}", "number", name) for name in counts]
    return fold(
        fmt.table(
            "programme_months",
            fmt.say("leaving.table"),
            rows,
            [
                ("leaving.day", "date", "as_of"),
                *columns,
                ("leaving.stayed", "decimal", "months_stayed_median"),
            ],
        )
    )

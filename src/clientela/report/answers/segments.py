"""The question which segments there are and what marks them: shares, profiles, map, migrations."""

import math
from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerDownload,
    AnswerTable,
    Axis,
    Chart,
    Series,
    drop_absent,
)
from clientela.report.answers.figures import cite, head
from clientela.report.answers.queries import Rows, assign_tones, list_segments, name_segments
from clientela.report.answers.segment_choice import explain_groups, find_champion_clustering
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData, parse_json

PROFILE = (
    "revenue",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
    "returned_share",
)
BASE = 100.0  # by convention of indices: the average of all customers
MOST_MOVES = 10  # the largest; the rest are single customers


def answer_segments(data: ReportData, fmt: Formatter) -> Answer:
    """Name the segments, say what marks each, and why these were chosen."""
    rows = list_segments(data)
    question = fmt.say("segments.question")
    if not rows:
        return Answer("segments", question, fmt.say("segments.none"))
    return Answer(
        "segments",
        question,
        _write_headline(data, rows, fmt),
        paragraphs=drop_absent((*explain_groups(data, fmt), _describe_moves(data, fmt))),
        value=head(data, fmt, "segments", fmt.count("segments.figure", len(rows))),
        charts=drop_absent(
            (
                _draw_shares(rows, fmt),
                _draw_profiles(rows, fmt),
                _draw_map(data, fmt),
            )
        ),
        tables=drop_absent(
            (
                _list_descriptions(rows, fmt),
                _list_segments(rows, fmt),
                _list_moves(data, fmt),
            )
        ),
        caveat=_write_caveat(data, rows, fmt),
        downloads=tuple(_offer_list(row, fmt) for row in rows),
    )


def _offer_list(row: dict[str, Any], fmt: Formatter) -> AnswerDownload:
    label = fmt.say("download.segment", name=fmt.localize(row, "name"))
    return AnswerDownload(f"segment-{row['segment']}", label)


def _write_headline(data: ReportData, rows: Rows, fmt: Formatter) -> str:
    first = rows[0]
    name = fmt.localize(first, "name")
    if len(rows) == 1:
        return fmt.say("segments.one", name=name)
    key = "segments.headline_customers" if first["revenue_share"] is None else "segments.headline"
    return fmt.say(
        key,
        name=name,
        **cite(
            data,
            fmt,
            customers="first_segment_customers_share",
            revenue="first_segment_revenue_share",
        ),
    )


def _list_descriptions(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "segment_marks",
        fmt.say("segments.described"),
        rows,
        [("column.segment", "text", "name"), ("segments.what", "text", "description")],
    )


def _list_segments(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    with_rules = any(fmt.localize(row, "rule") for row in rows)
    unclear = fmt.say("segments.no_rule")
    return fmt.table(
        "segments",
        fmt.say("segments.table"),
        rows,
        [
            ("column.segment", "text", "name"),
            ("column.customers", "number", "customers"),
            ("column.customers_share", "share", "customers_share"),
            ("column.revenue", "money", "revenue"),
            ("column.revenue_share", "share", "revenue_share"),
            ("column.rule", "text", lambda row: fmt.localize(row, "rule") or unclear),
            ("column.precision", "share", lambda row: row.get("rule_precision")),
        ],
        note=fmt.say("segments.rule_note") if with_rules else "",
    )


def _write_caveat(data: ReportData, rows: Rows, fmt: Formatter) -> str:
    measured = [row for row in rows if row.get("jaccard") is not None]
    if len(rows) < 2 or find_champion_clustering(data) is None or not measured:
        return fmt.say("segments.caveat")
    worst = min(measured, key=lambda row: row["jaccard"])
    name, jaccard = fmt.localize(worst, "name"), fmt.share(worst["jaccard"])
    return fmt.say("segments.caveat_worst", name=name, jaccard=jaccard)


def _draw_shares(rows: Rows, fmt: Formatter) -> Chart | None:
    first = rows[0]
    if len(rows) < 2 or first["revenue_share"] is None:
        return None
    customers, revenue = (
        Series(fmt.say(f"segments.of_{name}"), tuple(row[f"{name}_share"] for row in rows))
        for name in ("customers", "revenue")
    )
    return Chart(
        key="segment_shares",
        title=fmt.say(
            "segments.shares_title",
            name=fmt.localize(first, "name"),
        ),
        kind="bars",
        categories=tuple(fmt.localize(row, "name") for row in rows),
        value=Axis("", "share"),
        series=(Series(customers.name, customers.values, tone="quiet"), revenue),
    )


def _draw_profiles(rows: Rows, fmt: Formatter) -> Chart | None:
    """Draw each segment's averages against those of all customers."""
    profiles = [parse_json(row["profile"]) or {} for row in rows]
    names = [name for name in PROFILE if any(_read_index(profile, name) for profile in profiles)]
    if len(rows) < 2 or not names:
        return None
    cells = [tuple(_read_index(profile, name) for name in names) for profile in profiles]
    return Chart(
        key="segment_profiles",
        title=_name_extreme(rows, names, cells, fmt),
        kind="heat",
        categories=tuple(fmt.feature(name) for name in names),
        value=Axis(fmt.say("pictures.index"), "index"),
        series=tuple(
            Series(fmt.localize(row, "name"), values)
            for row, values in zip(rows, cells, strict=True)
        ),
        centre=BASE,
        note=fmt.say("pictures.heat_note"),
    )


def _read_index(profile: dict[str, Any], name: str) -> float | None:
    value = (profile.get(name) or {}).get("index")
    return None if value is None else round(float(value), 1)


def _name_extreme(
    rows: Rows, names: list[str], cells: list[tuple[float | None, ...]], fmt: Formatter
) -> str:
    """Name the cell farthest above the base, or else below it."""
    positive = [
        (abs(math.log(value / BASE)), value, row, name)
        for row, values in zip(rows, cells, strict=True)
        for name, value in zip(names, values, strict=True)
        if value is not None and value > 0
    ]
    if not positive:
        return fmt.say("pictures.heat_plain")
    above = [cell for cell in positive if cell[1] >= BASE]
    _, value, row, feature = max(above or positive, key=lambda cell: cell[0])
    return fmt.say(
        "pictures.heat_more" if value >= BASE else "pictures.heat_less",
        name=fmt.localize(row, "name"),
        feature=fmt.feature(feature),
        times=fmt.number(value / BASE, 1),
        share=fmt.share(value / BASE),
    )


def _draw_map(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw a sample of customers so that alike ones stand close, coloured by segment."""
    rows = data.rows("customer_map")
    names, tones = name_segments(data, fmt), assign_tones(data)
    if not rows or len(names) < 2:
        return None
    points: dict[int, list[tuple[float, float]]] = {segment: [] for segment in sorted(names)}
    for row in rows:
        points.setdefault(row["segment"], []).append((round(row["x"], 3), round(row["y"], 3)))
    return Chart(
        key="customer_map",
        title=fmt.say("pictures.map_title", n=fmt.number(len(rows))),
        kind="points",
        category=Axis("", "text"),
        value=Axis("", "text"),
        series=tuple(
            Series(names.get(segment, str(segment)), tuple(listed), tone=tones.get(segment, 0))
            for segment, listed in points.items()
            if listed
        ),
        note=fmt.say("pictures.map_note"),
    )


def _select_moves(data: ReportData) -> Rows:
    """Return the migrations of customers known before and after, where anybody moved."""
    rows = data.rows("segment_migrations")
    moves = [row for row in rows if row["from_segment"] != row["to_segment"]]
    moved = any(row["from_segment"] is not None and row["customers"] for row in moves)
    return moves if moved else []


def _describe_moves(data: ReportData, fmt: Formatter) -> str:
    """Say which share of customers changed segment since the run before."""
    if not data.rows("segment_migrations"):
        return fmt.say("moves.first")
    moves = [row for row in _select_moves(data) if row["from_segment"] is not None]
    if not moves:
        return fmt.say("moves.nobody")
    return fmt.say("moves.share", **cite(data, fmt, share="moved_share"))


def _list_moves(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    names = name_segments(data, fmt)
    arrivals, departures = (capitalize(fmt.say(f"moves.{name}")) for name in ("new", "gone"))

    def name(segment: int | None, absent: str) -> str:
        return absent if segment is None else names.get(segment, str(segment))

    moves = sorted(
        _select_moves(data), key=lambda row: (-row["customers"], str(row["from_segment"]))
    )
    return fmt.table(
        "moves",
        fmt.say("moves.table"),
        moves[:MOST_MOVES],
        [
            ("moves.from", "text", lambda row: name(row["from_segment"], arrivals)),
            ("moves.to", "text", lambda row: name(row["to_segment"], departures)),
            ("column.customers", "number", "customers"),
            ("column.revenue", "money", "revenue"),
        ],
    )

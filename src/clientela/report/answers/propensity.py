"""The question who will do something next: become a member, or buy a category."""

from typing import Any

from clientela.report.answer import Answer, AnswerTable, Axis, Chart, Figure, Series, drop_absent
from clientela.report.answers.queries import Rows, list_notes, localize_notes
from clientela.report.formatter import Formatter, fold
from clientela.report.report_data import ReportData

CATEGORY = "category:"
SHOWN = 5  # rows of a target's table, by convention: the curve shows the rest


def answer_propensity(data: ReportData, fmt: Formatter) -> Answer:
    """Say how well each target was ranked on past dates, and what contacts would have found."""
    question = fmt.say("propensity.question")
    targets = data.sorted_by("propensity_targets", "target")
    if not targets:
        return Answer("propensity", question, fmt.say("propensity.none"), part="models")
    contacts = data.sorted_by("propensity_contacts", "target", "position")
    learnt = [row for row in targets if row["model"]]
    return Answer(
        "propensity",
        question,
        fmt.say("propensity.headline" if learnt else "propensity.nothing"),
        paragraphs=drop_absent(
            text for row in targets for text in _describe_target(data, row, contacts, fmt)
        ),
        value=_state_lift(learnt, fmt),
        charts=drop_absent(_draw_hits(row, contacts, fmt) for row in learnt),
        tables=drop_absent((_list_targets(targets, fmt), fold(_list_contacts(contacts, fmt)))),
        caveat=fmt.say("propensity.caveat"),
    )


def name_target(target: str, fmt: Formatter) -> str:
    """Return what a target is, as the head of a line."""
    if target.startswith(CATEGORY):
        return fmt.say("propensity.category", category=target.removeprefix(CATEGORY))
    return fmt.say("propensity.insider")


def _describe_target(
    data: ReportData, row: dict[str, Any], contacts: Rows, fmt: Formatter
) -> tuple[str, ...]:
    name = name_target(row["target"], fmt)
    notes = localize_notes(list_notes(data, f"propensity:{row['target']}"), fmt)
    tenth = _find_tenth([line for line in contacts if line["target"] == row["target"]])
    if not row["model"] or not tenth.get("contacts"):
        return tuple(f"{name}: {text}" for text in notes)
    found = fmt.say(
        "propensity.found",
        target=name,
        contacts=fmt.number(tenth["contacts"]),
        hits=fmt.number(tenth["hits"]),
        random=fmt.number(tenth["hits_random"]),
        days=fmt.number(row["horizon_days"]),
    )
    return (found, *notes)


def _state_lift(learnt: Rows, fmt: Formatter) -> Figure | None:
    """Return the best lift of the tenth ranked first."""
    best = max((row for row in learnt if row["lift"]), key=lambda row: row["lift"], default=None)
    if best is None:
        return None
    label = fmt.say("propensity.figure", target=name_target(best["target"], fmt))
    return Figure(fmt.number(best["lift"], 1), label, best["lift"])


def _find_tenth(rows: Rows) -> dict[str, Any]:
    """Return the point nearest to a tenth of the customers, or an empty row."""
    return min(rows, key=lambda row: abs((row["contacts_share"] or 0.0) - 0.1), default={})


def _list_targets(targets: Rows, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "propensity_targets",
        fmt.say("propensity.targets"),
        targets,
        [
            ("propensity.target", "text", lambda row: name_target(row["target"], fmt)),
            ("column.customers", "number", "customers"),
            ("propensity.days", "number", "horizon_days"),
            ("propensity.base", "share", "base_rate"),
            ("propensity.lift", "decimal", "lift"),
            ("propensity.value", "money", "value_per_hit"),
            ("column.dates", "number", "dates"),
        ],
        note=fmt.say("propensity.targets_note"),
    )


def _list_contacts(contacts: Rows, fmt: Formatter) -> AnswerTable | None:
    step = max(len(contacts) // (SHOWN * len({row["target"] for row in contacts} or {""})), 1)
    rows = [row for row in contacts if row["contacts"] and row["position"] % step == 0]
    return fmt.table(
        "propensity_contacts",
        fmt.say("propensity.contacts"),
        rows,
        [
            ("propensity.target", "text", lambda row: name_target(row["target"], fmt)),
            ("propensity.capacity", "number", "contacts"),
            ("propensity.hits", "decimal", "hits"),
            ("column.low", "decimal", "hits_low"),
            ("column.high", "decimal", "hits_high"),
            ("propensity.random", "decimal", "hits_random"),
            ("propensity.revenue", "money", "revenue"),
            ("propensity.margin", "money", "margin"),
        ],
        note=fmt.say("propensity.contacts_note"),
    )


def _draw_hits(row: dict[str, Any], contacts: Rows, fmt: Formatter) -> Chart | None:
    points = [line for line in contacts if line["target"] == row["target"]]
    if len(points) < 3:
        return None
    key = row["target"].replace(":", "_").replace(" ", "_")
    return Chart(
        key=f"propensity_{key}",
        title=fmt.say("propensity.chart", target=name_target(row["target"], fmt)),
        kind="lines",
        category=Axis(fmt.say("propensity.capacity"), "number"),
        value=Axis(fmt.say("propensity.hits"), "number"),
        series=(
            Series(
                fmt.say("propensity.by_model"),
                tuple((line["contacts"], line["hits"]) for line in points),
            ),
            Series(
                fmt.say("propensity.random"),
                tuple((line["contacts"], line["hits_random"]) for line in points),
                tone="quiet",
            ),
        ),
        note=fmt.say("propensity.chart_note"),
    )

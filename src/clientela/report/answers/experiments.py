"""The question what the experiments showed: those that are over, and those that go on."""

from typing import Any

from clientela.report.answer import Answer, AnswerTable, drop_absent
from clientela.report.answers.queries import Rows
from clientela.report.formatter import NOTHING, Formatter
from clientela.report.report_data import ReportData

MONEY = ("revenue", "winsorised")


def answer_experiments(data: ReportData, fmt: Formatter) -> Answer:
    """State the result of each experiment."""
    rows, question = data.rows("experiment_readouts"), fmt.say("experiments.question")
    if not rows:
        return Answer("experiments", question, fmt.say("experiments.none"))
    over = [row for row in rows if row["state"] == "over" and row["deciding"]]
    latest = max(over, key=lambda row: row["ends_on"], default=None)
    headline = fmt.say("experiments.running")
    if latest is not None:
        key = f"experiments.{_judge(latest)}"
        headline = fmt.say(key, name=latest["name"], uplift=fmt.share(latest["uplift"]))
    return Answer(
        "experiments",
        question,
        headline,
        paragraphs=drop_absent(
            fmt.say("experiments.result", name=row["name"], sentence=fmt.localize(row, "sentence"))
            for row in rows
            if row["deciding"]
        ),
        tables=drop_absent((_list_readouts(rows, fmt),)),
        caveat=fmt.say("experiments.caveat"),
    )


def _judge(row: dict[str, Any]) -> str:
    """Return what a result is: gain, loss or chance."""
    if row["low"] > 0:
        return "gain" if row["uplift"] is not None else "gain_bare"
    return "loss" if row["high"] < 0 else "chance"


def _list_readouts(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    """List every outcome of the experiments that are over, the deciding one first."""

    def write(name: str) -> Any:
        def cell(row: dict[str, Any]) -> str:
            value, outcome = row[name], row["outcome"]
            if value is None:
                return NOTHING
            if outcome in MONEY:
                return fmt.money(value)
            return fmt.share(value) if outcome == "repeat" else fmt.number(value, 2)

        return cell

    over = [row for row in rows if row["state"] == "over"]
    return fmt.table(
        "experiments",
        fmt.say("experiments.table"),
        sorted(over, key=lambda row: (row["ends_on"], row["name"], not row["deciding"])),
        [
            ("experiments.name", "text", "name"),
            ("experiments.outcome", "text", lambda row: fmt.heading("outcome", row["outcome"])),
            ("experiments.ends_on", "date", "ends_on"),
            ("experiments.treated", "text", write("treated_mean")),
            ("experiments.control", "text", write("control_mean")),
            ("experiments.uplift", "share", "uplift"),
            ("experiments.low", "share", "uplift_low"),
            ("experiments.high", "share", "uplift_high"),
            ("experiments.detectable", "share", "detectable"),
        ],
        note=fmt.say("experiments.note"),
    )

"""What earlier runs claimed, beside what came: how far a report may be believed."""

from typing import Any

from clientela.report.answer import AnswerTable
from clientela.report.answers.queries import format_metric
from clientela.report.formatter import Formatter, fold
from clientela.report.report_data import ReportData

MOST_CLAIMS = 10  # by convention: "our last ten such sentences"


def state_claims(data: ReportData, fmt: Formatter) -> str:
    """Say how many of the latest claims held, or when the first can be checked."""
    claims = data.rows("claims")
    checked = [row for row in claims if row["held"] is not None]
    if not claims:
        return ""
    if not checked:
        day = fmt.date(min(row["due_on"] for row in claims))
        return fmt.count("claims.open", len(claims), day=day)
    last = sorted(checked, key=lambda row: (row["judged_on"], row["subject"]))[-MOST_CLAIMS:]
    level = sum(row["level"] for row in last) / len(last)
    true_count = fmt.number(sum(row["held"] for row in last))
    return fmt.count("claims.held", len(last), held=true_count, level=fmt.share(level))


def list_claims(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List the claims, the latest first, with what came of them."""

    def write_claim(row: dict[str, Any]) -> str:
        if row["claim"] == "total":
            return fmt.say(
                f"claims.total_{row['subject']}",
                low=fmt.money(row["low"]),
                high=fmt.money(row["high"]),
                until=fmt.date(row["due_on"]),
            )
        return fmt.say(
            "claims.beats",
            model=fmt.model(row["model"]),
            baseline=fmt.model(row["baseline"]),
            metric=fmt.label("metric", row["metric"]),
            purpose=fmt.label("purpose", row["subject"]),
        )

    def write_outcome(row: dict[str, Any]) -> str:
        if row["claim"] == "total":
            return fmt.money(row["came"])
        return format_metric(row["metric"], row["came"], fmt)

    def write_held(row: dict[str, Any]) -> str:
        key = "open" if row["held"] is None else "yes" if row["held"] else "no"
        return fmt.say(f"claims.{key}")

    rows = sorted(data.rows("claims"), key=lambda row: (row["claimed_on"], row["subject"]))
    return fold(
        fmt.table(
            "claims",
            fmt.say("claims.table"),
            rows[::-1],
            [
                ("claims.claimed_on", "date", "claimed_on"),
                ("claims.claim", "text", write_claim),
                ("claims.level", "share", "level"),
                ("claims.came", "figure", write_outcome),
                ("claims.is_held", "text", write_held),
            ],
            note=fmt.say("claims.note"),
        )
    )

"""The question what guarantees that members are better: later revenue against naive choices."""

from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Mark,
    build_intervals,
    drop_absent,
)
from clientela.report.answers.figures import cite
from clientela.report.answers.queries import Rows
from clientela.report.formatter import Formatter, capitalize, fold, list_sentences
from clientela.report.report_data import ReportData


def answer_proof(data: ReportData, fmt: Formatter) -> Answer:
    """Show what members of past dates spent later, beside naive choices of equal size."""
    question = fmt.say("proof.question")
    rows, tests = data.rows("programme_proof"), data.rows("programme_tests")
    pooled = [row for row in rows if row["as_of"] is None]
    experiment = fmt.say("proof.experiment")
    if not pooled or not tests:
        return Answer("proof", question, fmt.say("proof.none"), (experiment,))
    groups = {row["customer_group"]: row for row in pooled}
    counts = cite(data, fmt, better="naive_rules_beaten", tests="naive_rules")
    better = sum(bool(row["better"]) for row in tests)
    return Answer(
        "proof",
        question,
        _write_headline(better, tests, counts, fmt),
        paragraphs=drop_absent(
            (
                _explain_trivial(groups, fmt),
                _explain_purpose(tests, fmt),
                experiment,
            )
        ),
        value=Figure(fmt.say("proof.value", **counts), fmt.say("proof.figure"), better),
        charts=drop_absent((_draw_groups(groups, fmt), _draw_differences(tests, fmt))),
        tables=drop_absent(
            (
                _list_tests(tests, fmt),
                list_sentences(
                    "proof_words", tests, lambda row: fmt.heading("group", row["baseline"]), fmt
                ),
                _list_dates(rows, fmt),
            )
        ),
        caveat=fmt.say("proof.caveat"),
    )


def _explain_purpose(tests: Rows, fmt: Formatter) -> str:
    """Say what a rule is for where sorting by the last 12 months chooses as well."""
    equal = any(row["baseline"] == "revenue_365d" and not row["better"] for row in tests)
    return fmt.say("proof.purpose") if equal else ""


def _write_headline(better: int, tests: Rows, counts: dict[str, str], fmt: Formatter) -> str:
    if better == len(tests):
        return fmt.count("proof.all", better, **counts)
    return fmt.say("proof.some" if better else "proof.no_better", **counts)


def _explain_trivial(groups: dict[str, dict[str, Any]], fmt: Formatter) -> str:
    if not {"members", "rest"} <= set(groups):
        return ""
    members, non_members = groups["members"], groups["rest"]
    return fmt.say(
        "proof.trivial",
        members=fmt.money(members["revenue_per_customer"]),
        rest=fmt.money(non_members["revenue_per_customer"]),
        members_back=fmt.share(members["retention"]),
        rest_back=fmt.share(non_members["retention"]),
    )


def _draw_groups(groups: dict[str, dict[str, Any]], fmt: Formatter) -> Chart | None:
    if "members" not in groups:
        return None
    ranking = sorted(groups.values(), key=lambda row: -(row["revenue_per_customer"] or 0.0))
    members = fmt.money(groups["members"]["revenue_per_customer"])
    return Chart(
        key="proof_groups",
        title=fmt.say("proof.groups", members=members),
        kind="intervals",
        categories=tuple(fmt.group(row["customer_group"]) for row in ranking),
        value=Axis(fmt.say("proof.later"), "money"),
        series=(build_intervals(fmt.say("proof.later"), ranking, "revenue_per_customer"),),
        note=fmt.say("proof.interval_note"),
        currency=fmt.currency,
    )


def _draw_differences(tests: Rows, fmt: Formatter) -> Chart | None:
    measured = [row for row in tests if row["difference"] is not None]
    if not measured:
        return None
    ranking = sorted(measured, key=lambda row: -row["difference"])
    return Chart(
        key="proof_differences",
        title=fmt.say(
            "proof.differences",
            better=fmt.number(sum(bool(row["better"]) for row in measured)),
            tests=fmt.number(len(measured)),
        ),
        kind="intervals",
        categories=tuple(fmt.heading("group", row["baseline"]) for row in ranking),
        value=Axis(fmt.say("proof.difference_axis"), "money"),
        series=(build_intervals(fmt.say("proof.difference"), ranking, "difference"),),
        marks=(Mark(0.0, fmt.say("proof.no_difference")),),
        note=fmt.say("proof.difference_note"),
        currency=fmt.currency,
    )


def _list_tests(tests: Rows, fmt: Formatter) -> AnswerTable | None:
    def judge(row: dict[str, Any]) -> str:
        return capitalize(fmt.say("proof.better" if row["better"] else "proof.not_better"))

    return fold(
        fmt.table(
            "proof_tests",
            fmt.say("proof.tests"),
            tests,
            [
                ("proof.against", "text", lambda row: fmt.heading("group", row["baseline"])),
                ("proof.difference", "money", "difference"),
                ("column.low", "money", "low"),
                ("column.high", "money", "high"),
                ("column.p_value", "p_value", "p_value"),
                ("column.dates", "number", "dates"),
                ("column.verdict", "text", judge),
            ],
        )
    )


def _list_dates(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    by_date = [row for row in rows if row["as_of"] is not None]
    return fold(
        fmt.table(
            "proof_dates",
            fmt.say("proof.dates"),
            sorted(by_date, key=lambda row: (row["as_of"], row["customer_group"] != "members")),
            [
                ("proof.chosen_on", "date", "as_of"),
                ("proof.group", "text", lambda row: fmt.group(row["customer_group"])),
                ("column.customers", "number", "customers"),
                ("proof.later", "money", "revenue_per_customer"),
                ("proof.retention", "share", "retention"),
                ("proof.orders", "decimal2", "orders_per_customer"),
            ],
        )
    )

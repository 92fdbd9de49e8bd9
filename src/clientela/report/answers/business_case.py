"""The question whether the programme pays: sizes, scenarios, and a verdict in words."""

from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Series,
    Tone,
    drop_absent,
)
from clientela.report.answers.figures import cite, find_figure, head, is_unjudged
from clientela.report.answers.queries import Rows
from clientela.report.formatter import NOTHING, Formatter, fold
from clientela.report.report_data import ReportData

TONES: tuple[Tone, ...] = ("signal", "quiet", "accent")
PERCENT = 0.01  # what a unit of benefit is told in, by convention


def answer_worth(data: ReportData, fmt: Formatter) -> Answer:
    """Say what the programme costs, what members must do for it to pay, and the verdict."""
    question = fmt.say("worth.question")
    verdicts = data.sorted_by("programme_verdict", "position")
    sizes = data.sorted_by("programme_case", "position")
    if not verdicts or not sizes:
        return Answer("worth", question, fmt.say("programme.none"))
    scenarios = data.sorted_by("programme_scenarios", "position", "scenario")
    return Answer(
        "worth",
        question,
        _write_headline(data, [row["code"] for row in verdicts], fmt),
        paragraphs=drop_absent(
            (
                *(fmt.localize(row, "sentence") for row in verdicts[1:]),
                *_describe_costs(data, sizes[0], fmt),
                _break_even_of_percent(sizes[0], scenarios, fmt),
            )
        ),
        value=_find_number(data, fmt),
        charts=drop_absent((_draw_results(sizes, scenarios, fmt),)),
        tables=drop_absent((_list_sizes(sizes, fmt), fold(_list_scenarios(sizes, scenarios, fmt)))),
        caveat=fmt.say("worth.caveat"),
    )


def _write_headline(data: ReportData, codes: list[str], fmt: Formatter) -> str:
    needed = cite(data, fmt, needed="programme_break_even_uplift")
    if codes[0] != "not_worth":
        return fmt.say(f"worth.headline.{codes[0]}", **needed)
    return fmt.say("worth.headline.not_worth", because=fmt.say(f"worth.because.{codes[1]}"))


def _describe_costs(data: ReportData, rule: dict[str, Any], fmt: Formatter) -> tuple[str, ...]:
    """Say what is paid on purchases made anyway; for each 1 % where no benefit is configured."""
    expected, returned = rule["expected_revenue"], rule["returned_share"]
    days = fmt.number(rule["horizon_days"])
    cost = cite(data, fmt, cost="programme_benefit_cost")
    if rule["benefit_share"] is not None:
        anyway = fmt.say("worth.anyway", days=days, **cost)
    else:
        percent = "" if not expected else fmt.short(PERCENT * expected)
        anyway = percent and fmt.say("worth.anyway_percent", days=days, cost=percent)
    unjudged = anyway and is_unjudged(data, "expected_revenue_known")
    doubt = fmt.say("worth.anyway_unjudged") if unjudged else ""
    again = "" if returned is None else fmt.say("worth.returned", share=fmt.share(returned))
    return f"{anyway} {doubt}".strip(), again


def _break_even_of_percent(rule: dict[str, Any], scenarios: Rows, fmt: Formatter) -> str:
    """Say above which margin 1 % of benefit pays, where no benefit is configured."""
    uplift = next((row["uplift"] for row in scenarios if row["uplift"]), None)
    if uplift is None or rule["benefit_share"] is not None:
        return ""
    margin = fmt.share(PERCENT * (1 + uplift) / uplift)
    return fmt.say("worth.percent_pays", uplift=fmt.share(uplift), margin=margin)


def _find_number(data: ReportData, fmt: Formatter) -> Figure | None:
    name = "programme_break_even_uplift"
    if find_figure(data, name):
        return head(data, fmt, name, fmt.say("worth.figure_needed"))
    return head(data, fmt, "programme_benefit_cost", fmt.say("worth.figure_cost"))


def _name_size(row: dict[str, Any], fmt: Formatter) -> str:
    if row["option"] == "tier":
        return str(row["tier"])
    if row["option"] == "top":
        return fmt.say("worth.top", share=_write_size(row["customers_share"], fmt))
    return fmt.say("worth.by_rule")


def _write_size(share: float, fmt: Formatter) -> str:
    """Write a share that a person chose, most often a round one."""
    return fmt.whole_share(share) if round(share, 2) == share else fmt.share(share)


def _list_sizes(sizes: Rows, fmt: Formatter) -> AnswerTable | None:
    def write_needed(row: dict[str, Any]) -> str:
        known = row["gross_margin"] is not None and row["benefit_share"] is not None
        if row["break_even_uplift"] is None:
            return fmt.say("worth.no_share") if known else NOTHING
        return fmt.share(row["break_even_uplift"])

    return fmt.table(
        "case_sizes",
        fmt.say("worth.sizes", days=fmt.number(sizes[0]["horizon_days"])),
        sizes,
        [
            ("worth.option", "text", lambda row: _name_size(row, fmt)),
            ("worth.threshold", "money", "threshold"),
            ("worth.members", "number", "members"),
            ("column.customers_share", "share", "members_share"),
            ("worth.expected", "money", "expected_revenue"),
            ("worth.returned_share", "share", "returned_share"),
            ("worth.ratio", "decimal", "revenue_ratio"),
            ("worth.benefit", "share", "benefit_share"),
            ("worth.cost", "money", "benefit_cost"),
            ("worth.needed", "figure", write_needed),
        ],
        strong=lambda row: row["option"] == "rules",
        note=fmt.say("worth.sizes_note"),
    )


def _list_scenarios(sizes: Rows, scenarios: Rows, fmt: Formatter) -> AnswerTable | None:
    names = {row["position"]: _name_size(row, fmt) for row in sizes}
    return fmt.table(
        "case_scenarios",
        fmt.say("worth.scenarios", days=fmt.number(sizes[0]["horizon_days"])),
        scenarios,
        [
            ("worth.option", "text", lambda row: names[row["position"]]),
            ("worth.uplift", "share", "uplift"),
            ("worth.added", "money", "added_revenue"),
            ("worth.added_margin", "money", "added_margin"),
            ("worth.cost_all", "money", "benefit_cost"),
            ("worth.result", "money", "result"),
            ("worth.needed_margin", "share", "break_even_margin"),
            ("worth.needed_benefit", "share", "break_even_benefit"),
        ],
        note=fmt.say("worth.scenarios_note"),
    )


def _draw_results(sizes: Rows, scenarios: Rows, fmt: Formatter) -> Chart | None:
    sizes = [row for row in sizes if row["option"] != "tier"]
    results = {(row["position"], row["scenario"]): row["result"] for row in scenarios}
    if all(value is None for value in results.values()):
        return None
    uplifts = {row["scenario"]: row["uplift"] for row in scenarios}
    return Chart(
        key="case_results",
        title=fmt.say("worth.chart"),
        kind="columns",
        categories=tuple(_name_size(row, fmt) for row in sizes),
        value=Axis(fmt.say("worth.result"), "money"),
        series=tuple(
            Series(
                fmt.say("worth.series", share=_write_size(uplift, fmt)),
                tuple(results.get((row["position"], scenario)) for row in sizes),
                tone=TONES[place % len(TONES)],
            )
            for place, (scenario, uplift) in enumerate(uplifts.items())
        ),
        note=fmt.say("worth.chart_note"),
        currency=fmt.currency,
    )

"""The question who is about to leave: definition, verdict, contacts."""

from typing import Any

from clientela.report.answer import Answer, AnswerDownload, Figure, drop_absent
from clientela.report.answers.churn_evidence import (
    compare_orders,
    draw_bands,
    draw_contacts,
    draw_horizons,
    draw_risk_by_segment,
    list_bands,
    list_contacts,
    list_horizons,
    sum_bands,
)
from clientela.report.answers.figures import cite, find_figure, head, is_unjudged, write_figure
from clientela.report.answers.model_metrics import draw_drivers
from clientela.report.answers.queries import (
    find_champion,
    find_metric,
    list_candidates,
    list_notes,
    localize_notes,
    read_facts,
)
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

WITH_FLAG = ("contractual", "undated")
TRAPS = ("undated", "flattering", "attributes_alone")
"""Codes of the notes on a flag without a date, which come before all else."""
UNDEFINED = "undefined"
ATTRIBUTES = ("undated_attributes", "left_out", "telltale")
"""Codes of the notes on columns, which stand in the model report."""


def answer_churn(data: ReportData, fmt: Formatter) -> Answer:
    """Say who may leave, what is at stake, and whom to contact."""
    question = fmt.say("churn.question")
    bands, loss = sum_bands(data), find_figure(data, "expected_loss_to_contact")
    if not bands and not list_notes(data, "churn"):
        return Answer("churn", question, fmt.say("churn.none"))
    return Answer(
        "churn",
        question,
        _write_headline(data, _lacks_meaning(data), fmt),
        paragraphs=drop_absent(_write_paragraphs(data, fmt)),
        value=_state_figure(data, fmt),
        charts=drop_absent(
            (
                draw_bands(bands, fmt),
                draw_contacts(data, fmt),
                draw_risk_by_segment(data, bands, fmt),
                draw_drivers(data, "churn", fmt),
                draw_horizons(data, fmt),
            )
        ),
        tables=drop_absent(
            (
                list_bands(
                    bands, fmt, loss.get("horizon_days"), judged=loss.get("judged") is not False
                ),
                list_contacts(data, fmt),
                list_horizons(data, fmt),
            )
        ),
        caveat=fmt.say("churn.caveat"),
        downloads=(AnswerDownload("at-risk", fmt.say("download.at_risk")),) if bands else (),
    )


def _write_headline(data: ReportData, undefined: bool, fmt: Formatter) -> str:
    high = find_figure(data, "customers_at_high_risk").get("value")
    if high is None:
        return fmt.say("churn.undefined" if undefined else "churn.unscored")
    figures = cite(data, fmt, asked="customers_scored", amount="revenue_at_high_risk")
    if not high:
        first = find_figure(data, "customers_to_contact")
        return fmt.say("churn.nobody_first" if first else "churn.nobody", **figures)
    spent = find_figure(data, "revenue_at_high_risk")
    return fmt.say("churn.headline_revenue" if spent else "churn.headline", **figures)


def _state_figure(data: ReportData, fmt: Formatter) -> Figure | None:
    """Return the number at high risk, or of those to contact where nobody is."""
    if not find_figure(data, "customers_at_high_risk").get("value"):
        first = head(data, fmt, "customers_to_contact", fmt.say("churn.figure_first"))
        if first is not None:
            return first
    return head(data, fmt, "customers_at_high_risk", fmt.say("churn.figure"))


def _lacks_meaning(data: ReportData) -> bool:
    """Check whether silence does not mean leaving in this firm."""
    return any(row["code"] == UNDEFINED for row in list_notes(data, "churn"))


def _write_paragraphs(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    if _lacks_meaning(data):
        return localize_notes(list_notes(data, "churn"), fmt)
    traps = [row for row in list_notes(data, "churn") if row["code"] in TRAPS]
    return (
        *localize_notes(traps, fmt),
        _explain_leaving(data, fmt),
        *_judge_model(data, fmt),
        *_advise_contacts(data, fmt),
        fmt.say("churn.experiment"),
    )


def _explain_leaving(data: ReportData, fmt: Formatter) -> str:
    """Say what leaving means here."""
    horizon = next((row for row in data.rows("churn_horizons") if row["chosen"]), {})
    facts = read_facts(data, "churn")
    horizon_days = horizon.get("horizon_days") or facts.get("horizon_days")
    if not horizon_days:
        return fmt.say("churn.contract")
    days = fmt.number(int(horizon_days))
    if facts.get("kind") in WITH_FLAG:
        return fmt.say("churn.contract_days", days=days)
    sentences = [fmt.say("churn.meaning", days=days)]
    if facts.get("active_days") is not None:
        sentences.append(fmt.say("churn.asked", days=fmt.number(facts["active_days"])))
    if horizon.get("returned_share") is not None:
        share = fmt.share(horizon["returned_share"])
        sentences.append(fmt.say("churn.returned", days=days, share=share))
    return " ".join(sentences)


def _judge_model(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    """Say whether the model beats the best simple one, or why there is none.

    Scores such as log loss stand in the model report; here stands the finding, and how much more
    often than the average those left who were put first.
    """
    model = find_champion(data, "churn")
    score = find_metric(data, "churn", model, "log_loss")
    if model is not None and score.get("difference") is not None:
        finding = fmt.say(f"verdict.{_compare_with_simple(data, score)}")
        return (f"{finding} {_state_lift(data, fmt)}".strip(),)
    shown = (*TRAPS, *ATTRIBUTES)
    notes = [row for row in list_notes(data, "churn") if row["code"] not in shown]
    return localize_notes(notes[:1], fmt)


def _compare_with_simple(data: ReportData, score: dict[str, Any]) -> str:
    families = {row["model"]: row["family"] for row in list_candidates(data, "churn")}
    if families[score["model"]] != "learned":
        return "simple"
    if score["difference_high"] is None:
        return "unclaimed"
    return "beats" if score["difference_high"] < 0 else "beats_not"


def _state_lift(data: ReportData, fmt: Formatter) -> str:
    """Say how much more often those left who were at the highest risk."""
    if not find_figure(data, "riskiest_tenth_lift"):
        return ""
    ends = ("value", "low", "high")
    lift = {end: write_figure(data, fmt, "riskiest_tenth_lift", end) for end in ends}
    return fmt.say("verdict.first", **lift)


def _advise_contacts(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    """Say whom to contact, what that has to achieve, and what is not known of it."""
    plan = read_facts(data, "churn").get("contacts") or {}
    row = next((row for row in data.rows("churn_contacts") if row["chosen"]), None)
    if not plan or row is None:
        pays = plan.get("pays") if plan else None
        return (fmt.say("churn.contact_nobody" if pays == 0 else "churn.no_contacts"),)
    why = fmt.say(
        f"churn.because_{plan['reason']}",
        pays=fmt.number(plan["pays"]),
        scored=fmt.number(plan["scored"]),
    )
    advice = fmt.count("churn.contact", plan["listed"], why=why)
    loss = find_figure(data, "expected_loss_to_contact")
    unjudged = is_unjudged(data, "expected_loss_to_contact")
    days = fmt.number(loss.get("horizon_days"))
    return (
        advice,
        fmt.say("churn.loss_unjudged", days=days) if unjudged else "",
        f"{_state_stake(row, fmt)} {_state_break_even(row, plan, fmt)}".strip(),
        _state_profit(row, plan, fmt),
    )


def _state_stake(row: dict[str, Any], fmt: Formatter) -> str:
    """Say what the leavers among those contacted had spent, beside another order where known."""
    comparison = compare_orders(row, fmt)
    if comparison or row["at_stake"] is None:
        return comparison
    return fmt.count("churn.at_stake", row["contacts"], stake=fmt.money(row["at_stake"]))


def _state_break_even(row: dict[str, Any], plan: dict[str, Any], fmt: Formatter) -> str:
    """Say how much of what the leavers had spent must be kept."""
    if row["at_stake"] is None or row["break_even_share"] is None:
        return ""
    margin, cost, share = plan["margin"], plan["contact_cost"], row["break_even_share"]
    measure = "revenue" if margin is None else "margin"
    key = "unpriced" if cost is None else "never" if share > 1.0 else "priced"
    return fmt.say(
        f"churn.even_{key}_{measure}",
        share=fmt.share(share),
        cost=fmt.money(1.0 if cost is None else cost),
        margin=fmt.share(margin),
    )


def _state_profit(row: dict[str, Any], plan: dict[str, Any], fmt: Formatter) -> str:
    """Say the profit where margin, cost and effect are known, else what it would need."""
    if row["profit"] is not None:
        values = {name: fmt.money(row[f"profit{name}"]) for name in ("", "_low", "_high")}
        return fmt.say(
            "churn.profit",
            share=fmt.share(plan["saved_share"]),
            profit=values[""],
            low=values["_low"],
            high=values["_high"],
        )
    needs = (
        ("gross_margin", plan["margin"]),
        ("contact_costs", plan["contact_cost"]),
        ("saved_share", plan["saved_share"]),
    )
    absent = ", ".join(f"`economics.{name}`" for name, value in needs if value is None)
    return fmt.say("churn.needs", settings=absent) if absent else ""

"""The question who is about to leave, and what to do."""

from typing import Any

from clientela.i18n import Lang
from clientela.report.answer import Answer, AnswerDownload, Figure
from clientela.report.answers.contacts import contact_chart, contact_table, contacts
from clientela.report.answers.drivers import drivers
from clientela.report.answers.horizons import horizon_chart, horizon_table, horizons
from clientela.report.answers.modelled import facts, notes, texts
from clientela.report.answers.risk import (
    band_chart,
    band_table,
    bands,
    risk_by_segment,
)
from clientela.report.answers.verdict import verdict
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

BY_FLAG = ("contractual", "undated")
TRAPS = ("undated", "flattering", "attributes_alone")
"""Codes of the notes on a flag without a date, which are told before all else."""

ATTRIBUTES = ("undated_attributes", "left_out", "telltale")
"""Codes of the notes on columns, which the model report tells."""


def churn(material: ReportData, lang: Lang) -> Answer:
    """Say who may leave, what it means, how much is at stake, and whom to contact."""
    words = make_formatter(material, lang)
    question = words.say("churn.question")
    found = bands(material)
    if not found and not notes(material, "churn"):
        return Answer("churn", question, words.say("churn.none"))
    charts = (
        band_chart(found, words),
        contact_chart(material, words),
        risk_by_segment(material, words),
        drivers(material, "churn", words),
        horizon_chart(material, words),
    )
    return Answer(
        key="churn",
        question=question,
        headline=_headline(found, words),
        paragraphs=_told(material, words),
        value=_figure(found, words),
        charts=tuple(chart for chart in charts if chart),
        tables=(
            *band_table(found, words),
            *contact_table(material, words),
            *horizon_table(material, words),
        ),
        caveat=words.say("churn.caveat"),
        downloads=_lists(found, words),
    )


def _headline(found: dict[str, Any], words: Formatter) -> str:
    if not found:
        return words.say("churn.unscored")
    asked = sum(band.customers for band in found.values() if band.name != "gone")
    high = found.get("high")
    told = {"asked": words.number(asked)}
    if high is None:
        return words.say("churn.nobody", **told)
    if high.revenue is None:
        return words.count("churn.headline", high.customers, **told)
    amount = words.short(high.revenue)
    return words.count("churn.headline_revenue", high.customers, **told, amount=amount)


def _figure(found: dict[str, Any], words: Formatter) -> Figure | None:
    if not found:
        return None
    high = found["high"].customers if "high" in found else 0
    return Figure(words.number(high), words.say("churn.figure"), high)


def _told(material: ReportData, words: Formatter) -> tuple[str, ...]:
    told = notes(material, "churn")
    trap = [row for row in told if row["code"] in TRAPS]
    return (
        *texts(trap, words),
        *_meaning(material, words),
        *_verdict(material, words),
        *_to_do(material, words),
    )


def _verdict(material: ReportData, words: Formatter) -> tuple[str, ...]:
    """Say what the model is worth, or why there is none."""
    told = verdict(material, words)
    if told:
        return (told,)
    apart = (*TRAPS, *ATTRIBUTES)
    rest = [row for row in notes(material, "churn") if row["code"] not in apart]
    return texts(rest[:1], words)


def _meaning(material: ReportData, words: Formatter) -> tuple[str, ...]:
    """Say what leaving means here."""
    chosen = next((row for row in horizons(material) if row["chosen"]), None)
    told = facts(material, "churn")
    days = (chosen or {}).get("horizon_days") or told.get("horizon_days")
    if not days:
        return (words.say("churn.contract"),)
    if told.get("kind") in BY_FLAG:
        return (words.say("churn.contract_days", days=words.number(int(days))),)
    meaning = [words.say("churn.meaning", days=words.number(days))]
    active = told.get("active_days")
    if active is not None:
        meaning.append(words.say("churn.asked", days=words.number(active)))
    if chosen and chosen["returned_share"] is not None:
        share = words.share(chosen["returned_share"])
        meaning.append(words.say("churn.returned", days=words.number(days), share=share))
    return (" ".join(meaning),)


def _to_do(material: ReportData, words: Formatter) -> tuple[str, ...]:
    """Say whom to contact, on which assumptions, and how to measure them."""
    chosen = next((row for row in contacts(material) if row["chosen"]), None)
    if chosen is None:
        return (words.say("churn.no_contacts"), words.say("churn.experiment"))
    if not chosen["contacts"]:
        return (words.say("churn.contact_nobody"), words.say("churn.experiment"))
    told = {"profit": words.money(chosen["profit"]), "loss": words.money(chosen["threshold"])}
    told |= {"share": words.share(chosen["contacts_share"])}
    if chosen["profit_low"] is not None and chosen["profit_high"] is not None:
        told |= {
            "low": words.money(chosen["profit_low"]),
            "high": words.money(chosen["profit_high"]),
        }
    key = "churn.contact_between" if "low" in told else "churn.contact"
    advice = words.count(key, chosen["contacts"], **told)
    return (f"{advice} {_assumed(material, words)}".strip(), words.say("churn.experiment"))


def _assumed(material: ReportData, words: Formatter) -> str:
    told = facts(material, "churn")
    if told.get("contact_cost") is None or told.get("saved_share") is None:
        return words.say("churn.assumed")
    return words.say(
        "churn.assumed_values",
        cost=words.money(told["contact_cost"]),
        share=words.share(told["saved_share"]),
    )


def _lists(found: dict[str, Any], words: Formatter) -> tuple[AnswerDownload, ...]:
    return (AnswerDownload("at-risk", words.say("download.at_risk")),) if found else ()

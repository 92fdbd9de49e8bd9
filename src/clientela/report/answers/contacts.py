"""How many to contact: the profit by contacts made, against simpler orders."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable, Axis, Chart, Mark, Series
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

SHOWN = 10


def contacts(material: ReportData) -> list[dict[str, Any]]:
    """Give the steps of contacting one customer after the other, the most worthwhile first."""
    return sorted(material.rows("churn_contacts"), key=lambda row: row["position"])


def contact_chart(material: ReportData, words: Formatter) -> Chart | None:
    """Draw the profit of contacting in three orders."""
    rows = contacts(material)
    if len(rows) < 2:
        return None
    chosen = next((row for row in rows if row["chosen"]), None)
    lines = (("profit", "accent"), ("profit_revenue", "quiet"), ("profit_random", "signal"))
    return Chart(
        key="contacts",
        title=_title(chosen, words),
        kind="lines",
        category=Axis(words.say("contacts.axis"), "share"),
        value=Axis(words.say("contacts.profit"), "money"),
        series=tuple(_line(rows, name, tone, words) for name, tone in lines),
        marks=_mark(chosen, words),
        note=words.say("contacts.note"),
        currency=words.currency,
    )


def _title(chosen: dict[str, Any] | None, words: Formatter) -> str:
    if chosen is None or not chosen["contacts"]:
        return words.say("contacts.chart_none")
    told = {"share": words.share(chosen["contacts_share"]), "profit": words.money(chosen["profit"])}
    return words.say("contacts.chart", **told)


def _line(rows: list[dict[str, Any]], name: str, tone: Any, words: Formatter) -> Series:
    known = [row for row in rows if row[name] is not None]
    with_ends = name == "profit" and any(row["profit_low"] is not None for row in known)
    return Series(
        name=words.say(f"contacts.by_{name}"),
        values=tuple((float(row["contacts_share"]), float(row[name])) for row in known),
        low=tuple(row["profit_low"] for row in known) if with_ends else (),
        high=tuple(row["profit_high"] for row in known) if with_ends else (),
        tone=tone,
    )


def _mark(chosen: dict[str, Any] | None, words: Formatter) -> tuple[Mark, ...]:
    if chosen is None:
        return ()
    return (Mark(float(chosen["contacts_share"]), words.say("contacts.mark")),)


def contact_table(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List some steps, the chosen one among them."""
    rows = contacts(material)
    step = max(1, -(-len(rows) // SHOWN))
    shown = [row for place, row in enumerate(rows) if row["chosen"] or place % step == 0]
    if not shown:
        return ()
    columns = (
        AnswerColumn(words.say("contacts.contacts"), True),
        AnswerColumn(words.say("column.customers_share"), True),
        AnswerColumn(words.say("contacts.threshold"), True),
        AnswerColumn(words.say("contacts.profit"), True),
        AnswerColumn(words.say("column.low"), True),
        AnswerColumn(words.say("column.high"), True),
        AnswerColumn(words.say("contacts.by_profit_revenue"), True),
        AnswerColumn(words.say("contacts.by_profit_random"), True),
    )
    cells = tuple(
        (
            words.number(row["contacts"]),
            words.share(row["contacts_share"]),
            words.money(row["threshold"]),
            *(words.money(row[name]) for name in _MONEY),
        )
        for row in shown
    )
    strong = tuple(place for place, row in enumerate(shown) if row["chosen"])
    title = words.say("contacts.table")
    return (AnswerTable("contacts", title, columns, cells, strong, folded=True),)


_MONEY = ("profit", "profit_low", "profit_high", "profit_revenue", "profit_random")

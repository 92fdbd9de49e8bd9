"""Text of ``clientela run``: the account of the rows, the segments, what to do next."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import NO_CURRENCY, Lang, translate
from clientela.report.terminal.tables import format_section, format_table

UNNAMED = "Amounts are in no named currency: set source.currency, such as BRL or GBP."


def format_run(facts: Mapping[str, Any], lang: Lang = "en") -> str:
    """Write the facts of a run: rows, segments, next steps.

    Where ``value`` or ``churn`` hold ``text_en``, the line stands below the segments.
    """
    code = str(facts["currency"])
    currency = "" if code == NO_CURRENCY else f" {code}"
    share = facts["unidentified_share"]
    topics = (facts.get(topic) for topic in ("value", "churn"))
    texts = (
        str(topic.get(f"text_{lang.lower()}") or "")
        for topic in topics
        if isinstance(topic, Mapping)
    )
    parts = (
        f"Run {facts['run_id']}, as of {facts['as_of']}: {facts['customers']:,} customers, "
        f"{facts['rows_canonical']:,} rows, net {float(facts['net_amount']):,.2f}{currency}.",
        _format_whole(facts.get("whole_tables"), currency),
        UNNAMED if code == NO_CURRENCY else "",
        "" if share is None else f"{share:.1%} of revenue has no customer id.",
        _format_account(facts["reconciliation"], lang),
        _format_segments(facts["segments"], f"revenue{currency}", lang),
        "\n".join(texts).strip(),
        f"Results: {facts['store']}\nServe them: clientela serve --store {facts['store']}",
    )
    return "\n\n".join(translate(part, lang) for part in parts if part)


def _format_whole(whole: Mapping[str, Any] | None, currency: str) -> str:
    """Write what the tables hold beyond the day of the run; empty where that is nothing."""
    if not whole:
        return ""
    return (
        f"The tables hold {whole['rows_canonical']:,} rows up to {whole['last_day']}, net "
        f"{float(whole['net_amount']):,.2f}{currency}; the account of the files below is of all "
        "of it, everything else as of the day of the run."
    )


def _format_account(rows: list[dict[str, Any]], lang: Lang) -> str:
    words = ("where its rows are", "rows", "customers", "amount")
    header = tuple(translate(word, lang) for word in words)
    parts = []
    for source in dict.fromkeys(row["source"] for row in rows):
        lines = [
            (
                translate(row["place"], lang) + (f": {row['rule']}" if row["rule"] else ""),
                row["rows"],
                row["customers"],
                float(row["amount"]),
            )
            for row in rows
            if row["source"] == source
        ]
        parts.append(format_section(source, format_table(header, lines, _format_amount)))
    return "\n\n".join(parts)


def _format_segments(rows: list[dict[str, Any]], revenue: str, lang: Lang) -> str:
    lines = [(row["id"], row["name"], row["customers"], float(row["revenue"])) for row in rows]
    header = tuple(translate(word, lang) for word in ("segment", "name", "customers", revenue))
    return format_table(header, lines, _format_amount)


def _format_amount(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)

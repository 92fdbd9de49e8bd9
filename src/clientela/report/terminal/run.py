"""Text of ``clientela run``: the account of the rows, the segments, what to do next."""

import shlex
from collections.abc import Mapping
from functools import partial
from typing import Any

import pyarrow as pa

from clientela.i18n import NO_CURRENCY, Lang, format_number, format_share, t, translate
from clientela.report.answers.figures import cite, cite_forecast, find_total
from clientela.report.answers.queries import is_launched
from clientela.report.formatter import make_formatter
from clientela.report.report_data import ReportData
from clientela.report.terminal.tables import format_section, format_table

SEGMENTS = {
    "segments": "segments",
    "share": "first_segment_customers_share",
    "revenue": "first_segment_revenue_share",
}
MEMBERS = {"members": "members", "share": "members_share", "candidates": "candidates"}
RISK = {"high": "customers_at_high_risk", "scored": "customers_scored"}
KNOWN_BEFORE = {"last": "last_period_revenue", "year": "same_days_last_year_revenue"}
UNNAMED = "Amounts are in no named currency: set source.currency, such as BRL or GBP."


def format_run(
    facts: Mapping[str, Any], lang: Lang = "en", *, verbose: bool = False, place: str | None = None
) -> str:
    """Write the facts of a run: rows, segments, next steps.

    Where ``value`` or ``churn`` hold ``text_en``, what it says of the models stands below the
    segments if ``verbose``; else it stands in the report's evidence alone. The commands
    to go on with name ``place``, an option; by default that of the results database.
    """
    place = place or f"--store {shlex.quote(facts['store'])}"
    code = str(facts["currency"])
    currency = "" if code == NO_CURRENCY else f" {code}"
    share = facts["unidentified_share"]
    topics = (facts.get(topic) for topic in (("value", "churn") if verbose else ()))
    texts = (
        str(topic.get(f"text_{lang.lower()}") or "")
        for topic in topics
        if isinstance(topic, Mapping)
    )
    parts = (
        f"Run {facts['run_id']}, as of {facts['as_of']}: "
        f"{format_number(facts['customers'], lang)} customers, "
        f"{format_number(facts['rows_canonical'], lang)} rows, "
        f"net {format_number(float(facts['net_amount']), lang, 2)}{currency}.",
        _format_whole(facts.get("whole_tables"), currency, lang),
        UNNAMED if code == NO_CURRENCY else "",
        f"{format_share(share, lang)} of revenue has no customer id." if share else "",
        _format_account(facts["reconciliation"], lang),
        _format_segments(facts["segments"], f"revenue{currency}", lang),
        "\n".join(texts).strip(),
        f"Results: {facts['store']}\nServe them: clientela serve {place}",
        _format_findings(facts, lang, place),
    )
    return "\n\n".join(translate(part, lang) for part in parts if part)


def format_backfill(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write a line a day that was replayed, and where its results are."""
    if not facts["runs"]:
        return t("run.backfill_done", lang, place=facts["into"])
    names = ("day", "as_of", "customers", "net_amount", "currency", "segments", "learnt")
    header = [t(f"run.column.{name}", lang) for name in names]
    rows = [
        [
            *(row[name] for name in ("day", "as_of")),
            format_number(row["customers"], lang),
            format_number(float(row["net_amount"]), lang, 2),
            row["currency"],
            format_number(row["segments"], lang),
            ", ".join(row["learnt"]),
        ]
        for row in facts["runs"]
    ]
    return f"{format_table(header, rows)}\n\n{t('run.backfill', lang, place=facts['into'])}"


def _format_findings(facts: Mapping[str, Any], lang: Lang, place: str) -> str:
    """Write what the run found, from its figures; empty where the facts hold none."""
    rows = facts.get("figures")
    if not rows:
        return t("run.next", lang, place=place)
    data = ReportData({"figures": pa.Table.from_pylist(rows)}, facts)
    fmt, names = make_formatter(data, lang), {row["name"] for row in rows}
    programme = "members" if is_launched(data) else "launch_list"
    cited: dict[str, dict[str, str]] = {
        key: cite(data, fmt, **places)
        for key, places in {
            "segments": SEGMENTS,
            programme: MEMBERS,
            "risk": RISK,
        }.items()
        if names.issuperset(places.values())
    }
    if total := find_total(data):
        group = total["name"].removeprefix("expected_revenue_")
        shape = "forecast_plain" if total.get("low") is None else "forecast"
        key = shape if total.get("judged") else "forecast_unjudged"
        cited[key] = cite_forecast(data, fmt, group) | {"group": fmt.label("customer_group", group)}
        if names.issuperset(KNOWN_BEFORE.values()):
            cited["known_before"] = cite(data, fmt, **KNOWN_BEFORE) | {"days": cited[key]["days"]}
    if (facts.get("churn") or {}).get("reason") == "undefined":
        cited["risk_undefined"] = {}
    verdict: list[str] = (facts.get("programme") or {}).get("verdict") or []
    if verdict[:1] == ["not_worth"]:
        cited["not_worth"] = {"because": fmt.say(f"worth.because.{verdict[1]}")}
    cited["next"] = {"place": place}
    return "\n".join(
        t(f"run.{key}", lang, programme=fmt.programme, **texts) for key, texts in cited.items()
    )


def _format_whole(held_rows: Mapping[str, Any] | None, currency: str, lang: Lang) -> str:
    """Write what the tables hold beyond the day of the run; empty where that is nothing."""
    if not held_rows:
        return ""
    rows = format_number(held_rows["rows_canonical"], lang)
    net = format_number(float(held_rows["net_amount"]), lang, 2)
    return (
        f"The tables hold {rows} rows up to {held_rows['last_day']}, net "
        f"{net}{currency}; the account of the files below is of all "
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
        parts.append(
            format_section(source, format_table(header, lines, partial(_format_amount, lang)))
        )
    return "\n\n".join(parts)


def _format_segments(rows: list[dict[str, Any]], revenue: str, lang: Lang) -> str:
    name = "name" if lang == "en" else f"name_{lang.lower()}"
    lines = [
        (row["id"], row[name], row["customers"], float(row["revenue"]))
        for row in rows
        if row["customers"]
    ]
    header = tuple(translate(word, lang) for word in ("segment", "name", "customers", revenue))
    return format_table(header, lines, partial(_format_amount, lang))


def _format_amount(lang: Lang, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int | float):
        return format_number(value, lang, 2 if isinstance(value, float) else 0)
    return str(value)

"""Text of ``clientela compare``: what changed between two runs, and why."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, format_date, format_number, format_share, load_catalogue, t
from clientela.report.terminal.tables import format_section, format_table

WHEN = ("before", "after")
DECIMALS = {"amount": 2, "ratio": 1}


def format_comparison(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write a comparison of two runs.

    Parameters
    ----------
    facts : mapping
        What ``clientela compare --json`` prints.
    lang : "en" or "pt_BR"
        Language of the text.
    """
    causes = ", ".join(t(f"comparison.cause.{cause}", lang) for cause in facts["causes"])
    heads = tuple(t(f"comparison.{name}", lang) for name in WHEN)
    parts = [
        t(
            "comparison.title",
            lang,
            before=facts["before"]["run_id"],
            after=facts["after"]["run_id"],
        ),
        t("comparison.because", lang, causes=causes) if causes else t("comparison.same", lang),
    ]
    for topic in ("facts", "rows", "models", "conditions"):
        rows = [
            (_name(row["name"], lang), *(_write_text(row[when], lang) for when in WHEN))
            for row in facts[topic]
            if row["before"] != row["after"]
        ]
        parts.append(_write_section(topic, format_table(("", *heads), rows), lang))
    parts.append(_write_section("segments", _write_segments(facts["segments"], heads, lang), lang))
    parts.append(_write_section("figures", _write_figures(facts["figures"], heads, lang), lang))
    return "\n\n".join(part for part in parts if part)


def _write_section(topic: str, body: str, lang: Lang) -> str:
    return format_section(t(f"comparison.{topic}", lang), body)


def _write_segments(rows: Any, heads: tuple[str, ...], lang: Lang) -> str:
    lines = [
        (
            row["name"],
            *(_write(row[f"customers_{when}"], "count", lang) for when in WHEN),
            *(_write(row[f"revenue_{when}"], "amount", lang) for when in WHEN),
        )
        for row in rows
    ]
    customers, revenue = (t(f"comparison.{name}", lang) for name in ("customers", "revenue"))
    header = [f"{name}, {head}" for name in (customers, revenue) for head in heads]
    return format_table((t("comparison.segment", lang), *header), lines, str)


def _write_figures(rows: Any, heads: tuple[str, ...], lang: Lang) -> str:
    lines = [
        (
            *(_write(row[name], row["unit"], lang) for name in WHEN),
            _write_change(row["change"], row["unit"], lang),
            row["meaning"],
        )
        for row in rows
        if row["before"] != row["after"]
    ]
    change, meaning = (t(f"comparison.{name}", lang) for name in ("change", "meaning"))
    return format_table((*heads, change, meaning), lines, str)


def _name(name: str, lang: Lang) -> str:
    """Name what differs in the reader's language; a condition keeps its number."""
    stem, _, number = name.partition(" ")
    text = load_catalogue(lang).get(f"comparison.name.{stem}", stem)
    return f"{text} {number}".rstrip()


def _write_text(value: object, lang: Lang) -> str:
    if isinstance(value, int):
        return format_number(value, lang)
    if isinstance(value, dt.date):
        return format_date(value, lang)
    return "-" if value is None else str(value)


def _write_change(value: float | None, unit: str, lang: Lang) -> str:
    """Write a change with its sign; that of a share is in percentage points."""
    if value is None:
        return "-"
    sign = "+" if value > 0 else ""
    if unit == "share":
        points = format_number(100 * value, lang, 1)
        return f"{sign}{t('comparison.points', lang, points=points)}"
    return f"{sign}{_write(value, unit, lang)}"


def _write(value: float | None, unit: str, lang: Lang) -> str:
    if value is None:
        return "-"
    if unit == "share":
        return format_share(value, lang)
    return format_number(value, lang, DECIMALS.get(unit, 0))

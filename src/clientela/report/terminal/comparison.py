"""Text of ``clientela compare``: what changed between two runs, and why."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, format_number, format_share, t
from clientela.report.terminal.tables import format_section, format_table

WHEN = ("before", "after")


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
            (str(row["name"]), *(_write_text(row[when]) for when in WHEN))
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
        (*(_write(row[name], row["unit"], lang) for name in (*WHEN, "change")), row["meaning"])
        for row in rows
        if row["before"] != row["after"]
    ]
    change, meaning = (t(f"comparison.{name}", lang) for name in ("change", "meaning"))
    return format_table((*heads, change, meaning), lines, str)


def _write_text(value: object) -> str:
    return "-" if value is None else str(value)


def _write(value: float | None, unit: str, lang: Lang) -> str:
    if value is None:
        return "-"
    if unit == "share":
        return format_share(value, lang)
    return format_number(value, lang, 2 if unit == "amount" else 0)

"""Texts of ``clientela programme``: its state, versions of its rules, reviews and records."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from clientela.i18n import Lang, format_amount, format_date, format_number, format_share, t
from clientela.report.terminal.tables import format_table

Facts = Mapping[str, Any]
REVIEW = ("reviewed_on", "rule_version", "members", "entered", "warned", "recovered", "left")
DAYS = ("recorded_on", "reviewed_on", "entered_on", "leaves_on", "launched_on", "as_of")


def format_programme(facts: Facts, lang: Lang) -> str:
    """Write the state of the programme and its versions, the last first."""
    counts = {name: format_number(facts[name], lang) for name in ("members", "warned")}
    days = {
        name: _format_day(facts[name], lang) for name in ("launched_on", "as_of", "next_review")
    }
    state = t(f"ledger.state.{facts['state']}", lang, name=facts["name"], **counts, **days)
    versions = [
        format_version(version, lang, in_force=version["version"] == facts["rule_version"])
        for version in reversed(facts["versions"])
    ]
    return "\n\n".join([state, *(versions or [t("ledger.none", lang)])])


def format_version(version: Facts, lang: Lang, *, in_force: bool = False) -> str:
    """Write a version: its rules, what it would change, and what became of it."""
    title = title_version(version, lang, in_force=in_force)
    return "\n".join([title, *(f"  {line}" for line in describe_rules(version, lang))])


def title_version(version: Facts, lang: Lang, *, in_force: bool = False) -> str:
    """Write the number of a version, and what became of it."""
    by = {"by": version["approved_by"], "valid_from": _format_day(version["valid_from"], lang)}
    number = str(version["version"])
    if in_force:
        return t("ledger.in_force", lang, version=number, **by)
    if version["approved_by"]:
        status = t("ledger.approved", lang, **by)
    elif version["refused_by"]:
        day = _format_day(version["refused_at"][:10], lang)
        status = t("ledger.refused", lang, by=version["refused_by"], refused_on=day)
    else:
        key = "ledger.proposed_by" if version["proposed_by"] else "ledger.proposed"
        day = _format_day(version["proposed_at"][:10], lang)
        status = t(key, lang, proposed_on=day, by=version["proposed_by"])
    return t("ledger.version", lang, version=number, status=status)


def format_next(version: Facts, lang: Lang) -> str:
    """Write what to do with a version now."""
    if version["refused_by"]:
        return t("ledger.next.refused", lang, by=version["refused_by"])
    if not version["approved_by"]:
        return t("ledger.next.proposed", lang, version=str(version["version"]))
    day = _format_day(version["valid_from"], lang)
    return t("ledger.next.approved", lang, by=version["approved_by"], valid_from=day)


def format_launch(facts: Facts, lang: Lang) -> str:
    """Write that the programme is launched."""
    return t(
        "ledger.launch",
        lang,
        launched_on=_format_day(facts["launched_on"], lang),
        version=str(facts["rule_version"]),
        members=format_number(facts["members"], lang),
    )


def format_history(facts: Facts, lang: Lang) -> str:
    """Write the reviews, or one customer's records."""
    if facts["records"] is not None:
        records = [row | {"reason": write_record(row, lang)} for row in facts["records"]]
        return _format_rows(("recorded_on", "entered_on", "reason"), records, lang)
    if not facts["reviews"]:
        return t("ledger.reviews.none", lang)
    return _format_rows((*REVIEW, "corrected"), facts["reviews"], lang)


def write_record(row: Facts, lang: Lang) -> str:
    """Write what a record of the ledger says."""
    leaves_on, ends_on = (_format_day(row[name], lang) for name in ("leaves_on", "tier_ends_on"))
    places = {"other": row["other_id"], "tier": row["tier"] or ""}
    return t(f"ledger.record.{row['reason']}", lang, leaves_on=leaves_on, ends_on=ends_on, **places)


def describe_rules(version: Facts, lang: Lang) -> list[str]:
    """Write the rules of a version, whom they would change, and at what cost."""
    entry, leave = (version[f"{name}_{lang.lower()}"] for name in ("entry", "exit"))
    names, tiers = ("members", "entering", "leaving"), version[f"tiers_{lang.lower()}"]
    lines = [
        t("ledger.entry", lang, rule=entry),
        t("ledger.exit", lang, rule=leave, days=format_number(version["grace_days"], lang)),
        *([t("ledger.tiers", lang, tiers=tiers)] if tiers else ()),
        t("ledger.change", lang, **{name: format_number(version[name], lang) for name in names}),
    ]
    if version["expected_revenue"] is not None and version["horizon_days"]:
        doubt = t("ledger.cost.unjudged", lang) if version.get("judged") is False else ""
        lines.append(f"{_write_cost(version, lang)} {doubt}".strip())
    if version["returned_share"] is not None:
        share, leavers = (
            format_share(version[name], lang)
            for name in ("returned_share", "returned_leavers_share")
        )
        lines.append(t("ledger.returned", lang, share=share, leavers=leavers))
    return lines


def _write_cost(version: Facts, lang: Lang) -> str:
    """Write what a discount would apply to; with a version in force, beside that version's."""
    expected, change, currency = (
        version[name] for name in ("expected_revenue", "expected_revenue_change", "currency")
    )
    values = {
        "amount": format_amount(expected, lang, currency),
        "days": format_number(version["horizon_days"], lang),
        "percent": format_amount(expected / 100, lang, currency),
    }
    if change is None:
        return t("ledger.cost", lang, **values)
    sign = "+" if change >= 0 else ""
    return t(
        "ledger.cost.change", lang, change=sign + format_amount(change, lang, currency), **values
    )


def _format_rows(names: Sequence[str], rows: Sequence[Facts], lang: Lang) -> str:
    header = [t(f"ledger.column.{name}", lang) for name in names]
    lines = [
        [_format_day(row[name], lang) if name in DAYS else str(row[name]) for name in names]
        for row in rows
    ]
    return format_table(header, lines)


def _format_day(day: str | None, lang: Lang) -> str:
    return "" if day is None else format_date(dt.date.fromisoformat(day), lang)

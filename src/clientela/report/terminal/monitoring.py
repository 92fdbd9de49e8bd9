"""What ``clientela monitor`` prints: alerts, checks, and a replay."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, t
from clientela.report.terminal.tables import format_table

STATES = ("ok", "alarm", "learning")


def format_monitoring(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write the open alerts first, then every check with its state."""
    parts = [format_alerts(facts["alerts"], lang) or t("monitoring.none", lang)]
    states = {state: t(f"monitoring.state.{state}", lang) for state in STATES}
    lines = [(states[row["state"]], row["sentence"]) for row in facts["checks"]]
    header = (t("monitoring.column.state", lang), t("monitoring.column.check", lang))
    parts.append(format_table(header, lines))
    if facts["sent"]:
        parts.append(t("monitoring.sent", lang, count=facts["sent"]))
    return "\n\n".join(parts)


def format_alerts(alerts: list[dict[str, Any]], lang: Lang) -> str:
    """Write each open alert with its number and what to do; empty where there is none."""
    return "\n\n".join(
        t(
            "monitoring.alert",
            lang,
            number=alert["number"],
            sentence=alert["sentence"],
            advice=alert["advice"],
        )
        + _describe_handling(alert, lang)
        for alert in alerts
    )


def format_replay(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write how often each check would have alarmed over the weeks that were replayed."""
    title = t(
        "monitoring.replay", lang, weeks=facts["weeks"], first=facts["from"], last=facts["to"]
    )
    header = tuple(t(f"monitoring.column.{name}", lang) for name in ("check", "judged", "alarms"))
    lines = [
        (t(f"monitoring.{row['name']}.label", lang), row["judged"], ", ".join(row["alarms"]))
        for row in facts["checks"]
    ]
    return f"{title}\n\n{format_table(header, lines)}"


def _describe_handling(alert: Mapping[str, Any], lang: Lang) -> str:
    if alert["acknowledged_by"]:
        return "\n  " + t("monitoring.acknowledged", lang, by=alert["acknowledged_by"])
    if alert["silenced_until"]:
        return "\n  " + t("monitoring.silenced", lang, until=alert["silenced_until"][:10])
    return ""

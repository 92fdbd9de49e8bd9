"""What ``clientela run`` tells a person."""

from collections.abc import Iterable, Mapping
from typing import Any

from clientela.i18n import NO_CURRENCY


def format_run(facts: Mapping[str, Any]) -> str:
    """Write the facts of a run: the account of the rows, the segments, what to do next.

    Where ``value`` or ``churn`` hold ``text_en``, the line stands below the segments.
    """
    parts = [
        f"Run {facts['run_id']}, as of {facts['as_of']}: {facts['customers']:,} customers, "
        f"net {_net(facts)}.",
        _identified(facts),
    ]
    if facts["reconciliation"]:
        parts.append(_account(facts["reconciliation"]))
    parts.append(_segments(facts))
    parts.append("\n".join(_told(facts, topic) for topic in ("value", "churn")).strip())
    parts.append(f"Results: {facts['store']}\nServe them: clientela serve --store {facts['store']}")
    return "\n\n".join(part for part in parts if part)


def table(rows: Iterable[tuple[Any, ...]], header: tuple[str, ...]) -> str:
    """Lay out rows in columns, numbers to the right.

    Examples
    --------
    >>> print(table([("a", 1), ("bb", 1200)], ("name", "rows")))
    name   rows
    a         1
    bb    1,200
    """
    rows = list(rows)
    cells = [header, *[tuple(_cell(value) for value in row) for row in rows]]
    right = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(header))]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        columns = zip(row, widths, right, strict=True)
        lines.append("  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in columns).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def _currency(facts: Mapping[str, Any]) -> str:
    """Give the code of the currency, or nothing where nobody told it (ISO 4217: XXX)."""
    code = str(facts["currency"])
    return "" if code == NO_CURRENCY else f" {code}"


def _told(facts: Mapping[str, Any], topic: str) -> str:
    """Give the line on a topic, or nothing where the run tells none."""
    told = facts.get(topic)
    return str(told.get("text_en") or "") if isinstance(told, Mapping) else ""


def _net(facts: Mapping[str, Any]) -> str:
    return f"{float(facts['net_amount']):,.2f}{_currency(facts)}"


def _identified(facts: Mapping[str, Any]) -> str:
    share = facts["unidentified_share"]
    return "" if share is None else f"{share:.1%} of revenue has no customer id."


def _account(rows: list[dict[str, Any]]) -> str:
    parts = []
    for source in dict.fromkeys(row["source"] for row in rows):
        listed = [
            (
                row["place"] + (f": {row['rule']}" if row["rule"] else ""),
                row["rows"],
                row["customers"],
                float(row["amount"]),
            )
            for row in rows
            if row["source"] == source
        ]
        header = ("where its rows are", "rows", "customers", "amount")
        parts.append(f"{source}\n{table(listed, header)}")
    return "\n\n".join(parts)


def _segments(facts: Mapping[str, Any]) -> str:
    listed = [
        (row["id"], row["name"], row["customers"], float(row["revenue"]))
        for row in facts["segments"]
    ]
    return table(listed, ("segment", "name", "customers", f"revenue{_currency(facts)}"))

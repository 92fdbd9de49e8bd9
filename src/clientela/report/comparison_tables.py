"""What changed between two runs as tables of finished texts, for the terminal and the dashboard."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from clientela.i18n import (
    Lang,
    format_amount,
    format_date,
    format_number,
    format_share,
    load_catalogue,
    t,
)
from clientela.report.answer import AnswerColumn, AnswerTable

WHEN = ("before", "after")
NOTHING = "\N{EN DASH}"
DECIMALS = {"ratio": 1}  # all other units of figures are whole numbers here
Facts = Mapping[str, Any]


def say_causes(facts: Facts, lang: Lang) -> str:
    """Say what differs before any result: data, settings, models."""
    causes = ", ".join(t(f"comparison.cause.{cause}", lang) for cause in facts["causes"])
    return t("comparison.because", lang, causes=causes) if causes else t("comparison.same", lang)


def tabulate_comparison(facts: Facts, lang: Lang) -> list[AnswerTable]:
    """Tabulate what changed, a table a topic; topics in which nothing did have none.

    Parameters
    ----------
    facts : mapping
        Of :func:`clientela.report.comparison.compare_runs`.
    lang : "en" or "pt_BR"
        Language of the texts.
    """
    pairs = {
        topic: _tabulate_pairs(topic, facts[topic], lang)
        for topic in ("facts", "rows", "models", "conditions")
    }
    segments, figures = _tabulate_segments(facts, lang), _tabulate_figures(facts, lang)
    ordered = (pairs["facts"], pairs["rows"], pairs["models"], segments, pairs["conditions"])
    return [table for table in (*ordered, figures) if table.rows]


def _build(
    topic: str, heads: Sequence[AnswerColumn], rows: Sequence[tuple[str, ...]], lang: Lang
) -> AnswerTable:
    return AnswerTable(topic, t(f"comparison.{topic}", lang), tuple(heads), tuple(rows))


def _head(name: str, lang: Lang, *, numeric: bool = False) -> AnswerColumn:
    return AnswerColumn(t(f"comparison.{name}", lang), numeric)


def _tabulate_pairs(topic: str, pairs: Sequence[Facts], lang: Lang) -> AnswerTable:
    rows = [
        (
            _name(str(row["name"]), lang),
            *(_write_text(row[when], row["name"], lang) for when in WHEN),
        )
        for row in pairs
        if row["before"] != row["after"]
    ]
    heads = [_head("what", lang), *(_head(when, lang) for when in WHEN)]
    return _build(topic, heads, rows, lang)


def _name(name: str, lang: Lang) -> str:
    """Name what is compared; conditions have a number.

    Examples
    --------
    >>> _name("rows_in", "en"), _name("entry 2", "en")
    ('rows read', 'to enter 2')
    """
    kind, space, number = name.partition(" ")
    return f"{load_catalogue(lang).get(f'comparison.name.{kind}', kind)}{space}{number}"


def _tabulate_segments(facts: Facts, lang: Lang) -> AnswerTable:
    rows = [
        (
            str(row["name"]),
            *(_write(row[f"customers_{when}"], "count", facts, lang) for when in WHEN),
            *(_write(row[f"revenue_{when}"], "amount", facts, lang) for when in WHEN),
        )
        for row in facts["segments"]
    ]
    pairs = [(name, when) for name in ("customers", "revenue") for when in WHEN]
    heads = [
        AnswerColumn(f"{t(f'comparison.{name}', lang)}, {t(f'comparison.{when}', lang)}", True)
        for name, when in pairs
    ]
    return _build("segments", [_head("segment", lang), *heads], rows, lang)


def _tabulate_figures(facts: Facts, lang: Lang) -> AnswerTable:
    columns = (*WHEN, "change")
    rows = [
        (
            str(row["meaning"]).removesuffix("."),
            *(_write(row[name], row["unit"], facts, lang) for name in WHEN),
            _write_change(row["change"], row["unit"], facts, lang),
        )
        for row in facts["figures"]
        if row["before"] != row["after"]
    ]
    numbers = [_head(name, lang, numeric=True) for name in columns]
    return _build("figures", [_head("meaning", lang), *numbers], rows, lang)


def _write_text(value: object, name: str, lang: Lang) -> str:
    if isinstance(value, int):
        return format_number(value, lang)
    if name == "as_of" and value is not None:
        return format_date(dt.date.fromisoformat(str(value)), lang)
    return NOTHING if value is None else str(value)


def _write_change(value: float | None, unit: str, facts: Facts, lang: Lang) -> str:
    """Write a change with its sign; that of a share is in percentage points."""
    if value is None:
        return NOTHING
    sign = "+" if value > 0 else ""
    if unit == "share":
        points = format_number(100 * value, lang, 1)
        return f"{sign}{t('comparison.points', lang, points=points)}"
    return f"{sign}{_write(value, unit, facts, lang)}"


def _write(value: float | None, unit: str, facts: Facts, lang: Lang) -> str:
    if value is None:
        return NOTHING
    if unit == "share":
        return format_share(value, lang)
    if unit == "amount":
        return format_amount(value, lang, facts.get("currency"))
    return format_number(value, lang, DECIMALS.get(unit, 0))
